// Five-bit values of a quad: four bits in a line as in nibbles.wgsl, the fifth of column 4 * quad + i in bit `quad` of
// byte i of `high`.
fn fivesOf(line: vec4u, high: u32, quad: u32) -> vec4f {
  return bytesOf(((line[quad & 3] >> (quad & 4)) & 0x0f0f0f0f) | (((high >> quad) & 0x01010101) << 4));
}

// The group's values times x.
fn fivesDot(line: vec4u, high: u32, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) { sums += fivesOf(line, high, quad) * (*x).quads[quad]; }
  return dot(sums, vec4f(1));
}
