// q3_k: a super-block of 8 groups is a line with 16 scales of 6 bits in 12 bytes and d, a half; two lines with a word of
// third bits a group; then four lines with two words of lower bits a group. The lower bits of column 16 * w + 4 * q + i
// are bits 2 * q and 2 * q + 1 of byte i of word w, the third bit of column 4 * q + i is bit q of byte i.
struct Group {
  low: vec2u,
  high: u32,
  scale: vec2f,  // of the first and the last 16 columns
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let index = block % 8;
  let first = block / 8 * 7 * PANEL + lane;
  let header = weights[first];
  // Scale 2 * index and the next: four bits in bytes 0..7, two in bytes 8..11.
  let four = select(header.x, header.y, (index & 2) == 2) >> (16 * (index & 1) + 4 * (index / 4));
  let two = header.z >> (16 * (index & 1) + 2 * (index / 2));
  let pair = (vec2u(four, four >> 8) & vec2u(15)) | ((vec2u(two, two >> 8) & vec2u(3)) << vec2u(4));
  let high = weights[first + (1 + index / 4) * PANEL];
  let low = weights[first + (3 + index / 2) * PANEL];
  return Group(
    select(low.xy, low.zw, (index & 1) == 1),
    high[index & 3],
    unpack2x16float(header.w).x * vec2f(vec2i(pair) - 32),
  );
}

// 0 .. 7
fn threesOf(group: Group, quad: u32) -> vec4f {
  let low = (group.low[quad / 4] >> (2 * (quad & 3))) & 0x03030303;
  return bytesOf(low | (((group.high >> quad) & 0x01010101) << 2));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return (threesOf(group, quad) - 4) * group.scale[quad / 4];
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var first = vec4f();
  var last = vec4f();
  for (var quad = 0u; quad < 4; quad++) {
    first += threesOf(group, quad) * (*x).quads[quad];
    last += threesOf(group, quad + 4) * (*x).quads[quad + 4];
  }
  return dot(vec2f(dot(first, vec4f(1)), dot(last, vec4f(1))) - 4 * (*x).sums, group.scale);
}
