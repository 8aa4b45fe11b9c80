// bf16: a group is 4 lines of 8 weights, two a word.
fn fromBf16(words: vec2u) -> vec4f {
  return bitcast<vec4f>(vec4u(words.x << 16, words.x & 0xffff0000, words.y << 16, words.y & 0xffff0000));
}

fn weight4(block: u32, lane: u32, quad: u32) -> vec4f {
  let line = weights[(block * 4 + quad / 2) * PANEL + lane];
  return fromBf16(select(line.xy, line.zw, (quad & 1) == 1));
}

fn groupDot(block: u32, lane: u32, x: ptr<function, array<vec4f, 8>>) -> f32 {
  var sums = vec4f();
  for (var i = 0u; i < 4; i++) {
    let line = weights[(block * 4 + i) * PANEL + lane];
    sums += fromBf16(line.xy) * (*x)[2 * i] + fromBf16(line.zw) * (*x)[2 * i + 1];
  }
  return dot(sums, vec4f(1));
}
