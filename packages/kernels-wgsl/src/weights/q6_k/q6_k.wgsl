// q6_k: a super-block of 8 groups is a line with 16 signed scales, one for 16 columns, four lines with two words of upper
// bits a group, then a line of four-bit values a group; d is a half in `scales`, [super-block][lane]. The upper bits of
// column 16 * w + 4 * q + i are bits 2 * q and 2 * q + 1 of byte i of word w.
struct Group {
  line: vec4u,
  high: vec2u,
  scale: vec2f,  // of the first and the last 16 columns
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let unit = block / 8;
  let index = block % 8;
  let first = unit * 13 * PANEL + lane;
  let d = unpack2x16float(scales[(unit * PANEL + lane) / 2] >> (16 * (lane & 1))).x;
  let pair = vec2u(weights[first][index / 2] >> (16 * (index & 1)));
  let high = weights[first + (1 + index / 2) * PANEL];
  return Group(
    weights[first + (5 + index) * PANEL],
    select(high.xy, high.zw, (index & 1) == 1),
    d * vec2f(vec2i(pair << vec2u(24, 16)) >> vec2u(24)),
  );
}

// 0 .. 63
fn sixesOf(group: Group, quad: u32) -> vec4f {
  let high = group.high[quad / 4] >> (2 * (quad & 3));
  return bytesOf(((group.line[quad & 3] >> (quad & 4)) & 0x0f0f0f0f) | ((high & 0x03030303) << 4));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return (sixesOf(group, quad) - 32) * group.scale[quad / 4];
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var first = vec4f();
  var last = vec4f();
  for (var quad = 0u; quad < 4; quad++) {
    first += sixesOf(group, quad) * (*x).quads[quad];
    last += sixesOf(group, quad + 4) * (*x).quads[quad + 4];
  }
  return dot(vec2f(dot(first, vec4f(1)), dot(last, vec4f(1))) - 32 * (*x).sums, group.scale);
}
