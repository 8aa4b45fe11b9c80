// q5_1: a group is a line of four-bit values; `scales` has a word of scale and minimum, [block][lane], then one of the
// fifth bits.
#include "../fives.wgsl"

struct Group {
  line: vec4u,
  high: u32,
  scale: vec2f,  // and minimum
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let first = block * 2 * PANEL + lane;
  return Group(weights[block * PANEL + lane], scales[first + PANEL], unpack2x16float(scales[first]));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return fivesOf(group.line, group.high, quad) * group.scale.x + group.scale.y;
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return fivesDot(group.line, group.high, x) * group.scale.x + ((*x).sums.x + (*x).sums.y) * group.scale.y;
}
