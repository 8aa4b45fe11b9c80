// Four-bit values of a quad in a line whose byte e holds column e in its low and column e + 16 in its high nibble.
fn nibblesOf(line: vec4u, quad: u32) -> vec4f {
  return vec4f(vec4i((vec4u(line[quad & 3]) >> (vec4u(0, 8, 16, 24) + (quad & 4))) & vec4u(15)));
}

// The line's nibbles times x.
fn nibblesDot(line: vec4u, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) { sums += nibblesOf(line, quad) * (*x).quads[quad]; }
  return dot(sums, vec4f(1));
}
