// Makes `id` the token of this step and the input of the next one. One invocation of one workgroup calls it, when every
// reader of `step` is done. NO_TOKEN is for the host to find: the next step, if one is queued, then reads token 0.
const NO_TOKEN = 0xffffffffu;

fn advance(id: u32) {
  tokens[0] = select(id, 0u, id == NO_TOKEN);
  generated[step.slot % params.ring] = id;
  step.start += step.rows;
  step.rows = 1u;
  step.slot += 1u;
}
