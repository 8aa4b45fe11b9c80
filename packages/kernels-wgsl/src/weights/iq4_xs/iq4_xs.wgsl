// iq4_xs: a super-block of 8 groups is a line of nibbles a group, which stand for 16 values; `scales` has two words,
// [super-block][word][lane]: d, a half, and the upper two bits of 8 scales; the lower four bits.
#include "../iq4.wgsl"

struct Group {
  line: vec4u,
  scale: f32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let index = block % 8;
  let first = block / 8 * 2 * PANEL + lane;
  let upper = scales[first];
  let scale = ((scales[first + PANEL] >> (4 * index)) & 15) | (((upper >> (16 + 2 * index)) & 3) << 4);
  return Group(weights[block * PANEL + lane], unpack2x16float(upper).x * f32(i32(scale) - 32));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return iq4Of(group.line, quad) * group.scale;
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return iq4Dot(group.line, x) * group.scale;
}
