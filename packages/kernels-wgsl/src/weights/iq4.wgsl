// The 16 values that a nibble of iq4_nl and iq4_xs stands for, as signed bytes.
const IQ4_VALUES = vec4u(0xbfad9881, 0xf6eaddcf, 0x26190d01, 0x71594535);

fn iq4Of(line: vec4u, quad: u32) -> vec4f {
  let nibbles = (vec4u(line[quad & 3]) >> (vec4u(0, 8, 16, 24) + (quad & 4))) & vec4u(15);
  let lower = select(vec4u(IQ4_VALUES.x), vec4u(IQ4_VALUES.y), (nibbles & vec4u(4)) == vec4u(4));
  let upper = select(vec4u(IQ4_VALUES.z), vec4u(IQ4_VALUES.w), (nibbles & vec4u(4)) == vec4u(4));
  let words = select(lower, upper, (nibbles & vec4u(8)) == vec4u(8));
  return vec4f(vec4i(words << (vec4u(24) - 8 * (nibbles & vec4u(3)))) >> vec4u(24));
}

fn iq4Dot(line: vec4u, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) { sums += iq4Of(line, quad) * (*x).quads[quad]; }
  return dot(sums, vec4f(1));
}
