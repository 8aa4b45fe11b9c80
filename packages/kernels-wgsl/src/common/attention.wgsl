// What attention over many rows and over one have in common.

// The first key that the query at `position` sees. No window: 0.
fn firstVisible(position: u32, window: u32) -> u32 {
  return select(0, position + 1 - window, window > 0 && position >= window);
}

// The keys from x up to but without y that split `split` of `splits` takes of those from `first` to `end`: whole tiles, so
// that a short context keeps to few splits. It has none where x >= end.
fn splitRun(first: u32, end: u32, split: u32, splits: u32, tileKeys: u32) -> vec2u {
  let share = (end - first + splits * tileKeys - 1) / (splits * tileKeys) * tileKeys;
  let splitKey = first + split * share;
  return vec2u(splitKey, min(splitKey + share, end));
}

// exp(softcap * tanh(score / softcap)). Softmax without its running maximum: a capped score lies within +-softcap, and
// up to a cap of 64 the sum over any context stays far from both ends of f32.
// Some drivers make tanh from exp, which overflows: beyond 10, tanh is 1 to f32's last bit.
fn weightOf(score: vec4f, softcap: f32) -> vec4f {
  return exp(softcap * tanh(clamp(score / softcap, vec4f(-10), vec4f(10))));
}
