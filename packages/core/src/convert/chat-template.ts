/** Gemma 2's chat template for programs that take it in Jinja: turns of user and model, trimmed, no system role. */
export const chatTemplate = [
  '{{ bos_token }}',
  '{% for message in messages %}',
  "{% if message.role == 'system' %}{{ raise_exception('Gemma 2 has no system role') }}{% endif %}",
  "{% if (message.role == 'user') != (loop.index0 % 2 == 0) %}",
  "{{ raise_exception('Roles must alternate, user first') }}{% endif %}",
  "{{ '<start_of_turn>' + ('model' if message.role == 'assistant' else message.role) + '\\n' }}",
  "{{ message.content | trim + '<end_of_turn>\\n' }}",
  '{% endfor %}',
  "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}",
].join('');
