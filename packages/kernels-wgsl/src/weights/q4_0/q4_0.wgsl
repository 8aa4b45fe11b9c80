// q4_0: a group is one line, byte e holding columns e (low nibble) and e + 16, and an f16 scale.
fn scaleOf(block: u32, lane: u32) -> f32 {
  return unpack2x16float(scales[block * (PANEL / 2) + lane / 2] >> (16 * (lane & 1))).x;
}

fn nibbles(word: u32, shift: u32) -> vec4f {
  return vec4f(vec4i((vec4u(word) >> (vec4u(0, 8, 16, 24) + shift)) & vec4u(15)) - 8);
}

fn weight4(block: u32, lane: u32, quad: u32) -> vec4f {
  let line = weights[block * PANEL + lane];
  return nibbles(line[quad & 3], quad & 4) * scaleOf(block, lane);
}

fn groupDot(block: u32, lane: u32, x: ptr<function, array<vec4f, 8>>) -> f32 {
  let line = weights[block * PANEL + lane];
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) { sums += nibbles(line[quad & 3], quad & 4) * (*x)[quad]; }
  return dot(sums, vec4f(scaleOf(block, lane)));
}
