// q2_k: a super-block of 8 groups is a line with 16 bytes, scale (low nibble) and minimum of 16 columns each, then four
// lines with two words of values a group; d and dmin are the halves of a word in `scales`, [super-block][lane]. The value
// of column 16 * w + 4 * q + i is bits 2 * q and 2 * q + 1 of byte i of word w.
struct Group {
  words: vec2u,
  scale: vec2f,    // of the first and the last 16 columns
  minimum: vec2f,  // is subtracted
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let unit = block / 8;
  let index = block % 8;
  let first = unit * 5 * PANEL + lane;
  let pair = vec2u(weights[first][index / 2] >> (16 * (index & 1))) >> vec2u(0, 8);
  let d = unpack2x16float(scales[unit * PANEL + lane]);
  let line = weights[first + (1 + index / 2) * PANEL];
  return Group(
    select(line.xy, line.zw, (index & 1) == 1),
    d.x * vec2f(vec2i(pair & vec2u(15))),
    d.y * vec2f(vec2i((pair >> vec2u(4)) & vec2u(15))),
  );
}

// 0 .. 3
fn twosOf(group: Group, quad: u32) -> vec4f {
  return vec4f(vec4i((vec4u(group.words[quad / 4]) >> (vec4u(0, 8, 16, 24) + 2 * (quad & 3))) & vec4u(3)));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return twosOf(group, quad) * group.scale[quad / 4] - group.minimum[quad / 4];
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var first = vec4f();
  var last = vec4f();
  for (var quad = 0u; quad < 4; quad++) {
    first += twosOf(group, quad) * (*x).quads[quad];
    last += twosOf(group, quad + 4) * (*x).quads[quad + 4];
  }
  return dot(vec2f(dot(first, vec4f(1)), dot(last, vec4f(1))), group.scale) - dot((*x).sums, group.minimum);
}
