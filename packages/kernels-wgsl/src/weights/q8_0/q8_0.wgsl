// q8_0: a group is 2 lines of 16 signed bytes, and an f16 scale.
fn scaleOf(block: u32, lane: u32) -> f32 {
  return unpack2x16float(scales[block * (PANEL / 2) + lane / 2] >> (16 * (lane & 1))).x;
}

fn signedBytes(word: u32) -> vec4f {
  return vec4f(vec4i(vec4u(word) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

fn weight4(block: u32, lane: u32, quad: u32) -> vec4f {
  let line = weights[(block * 2 + quad / 4) * PANEL + lane];
  return signedBytes(line[quad & 3]) * scaleOf(block, lane);
}

fn groupDot(block: u32, lane: u32, x: ptr<function, array<vec4f, 8>>) -> f32 {
  var sums = vec4f();
  for (var i = 0u; i < 2; i++) {
    let line = weights[(block * 2 + i) * PANEL + lane];
    for (var quad = 0u; quad < 4; quad++) { sums += signedBytes(line[quad]) * (*x)[4 * i + quad]; }
  }
  return dot(sums, vec4f(scaleOf(block, lane)));
}
