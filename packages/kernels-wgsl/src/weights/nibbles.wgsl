// Four-bit values in a line whose byte e holds column e in its low and column e + 16 in its high nibble.

// The low nibbles of a word.
fn nibblesOf(word: u32) -> vec4f {
  return vec4f(vec4i((vec4u(word) >> vec4u(0, 8, 16, 24)) & vec4u(15)));
}

// The values of an octet of columns.
fn nibbles8(line: vec4u, octet: u32) -> mat2x4f {
  let words = select(line.xy, line.zw, (octet & 1) == 1) >> vec2u(2 * (octet & 2));
  return mat2x4f(nibblesOf(words.x), nibblesOf(words.y));
}

// The line's values times x.
fn nibblesDot(line: vec4u, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 4; quad++) {
    sums += nibblesOf(line[quad]) * (*x).quads[quad];
    sums += nibblesOf(line[quad] >> 4) * (*x).quads[quad + 4];
  }
  return dot(sums, vec4f(1));
}
