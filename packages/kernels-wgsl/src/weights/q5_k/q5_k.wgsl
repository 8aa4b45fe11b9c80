// q5_k: a super-block of 8 groups is a line with its scales, two lines with a word of fifth bits a group, then a line of
// four-bit values a group.
#include "../fives.wgsl"
#include "../k-header.wgsl"

struct Group {
  line: vec4u,
  high: u32,
  scale: vec2f,  // and minimum, which is subtracted
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let first = block / 8 * 11 * PANEL + lane;
  let index = block % 8;
  let high = weights[first + (1 + index / 4) * PANEL];
  return Group(weights[first + (3 + index) * PANEL], high[index & 3], scaleAndMinimum(weights[first], index));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return fivesOf(group.line, group.high, quad) * group.scale.x - group.scale.y;
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return fivesDot(group.line, group.high, x) * group.scale.x - ((*x).sums.x + (*x).sums.y) * group.scale.y;
}
