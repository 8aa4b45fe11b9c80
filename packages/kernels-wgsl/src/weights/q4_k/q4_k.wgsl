// q4_k: a super-block of 8 groups is a line with its scales, then a line of nibbles a group.
#include "../nibbles.wgsl"
#include "../k-header.wgsl"

struct Group {
  line: vec4u,
  scale: vec2f,  // and minimum, which is subtracted
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let first = block / 8 * 9 * PANEL + lane;
  let index = block % 8;
  return Group(weights[first + (1 + index) * PANEL], scaleAndMinimum(weights[first], index));
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let values = nibbles8(group.line, octet);
  return mat2x4f(values[0] * group.scale.x - group.scale.y, values[1] * group.scale.x - group.scale.y);
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return nibblesDot(group.line, x) * group.scale.x - ((*x).sums.x + (*x).sums.y) * group.scale.y;
}
