// q5_0: a group is a line of four-bit values; `scales` has its scale, a half, [block][lane], then its fifth bits, a word.
#include "../fives.wgsl"

struct Group {
  line: vec4u,
  high: u32,
  scale: f32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let first = block * (PANEL / 2 + PANEL);
  let scale = unpack2x16float(scales[first + lane / 2] >> (16 * (lane & 1))).x;
  return Group(weights[block * PANEL + lane], scales[first + PANEL / 2 + lane], scale);
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return (fivesOf(group.line, group.high, quad) - 16) * group.scale;
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  return mat2x4f(weight4(group, 2 * octet), weight4(group, 2 * octet + 1));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return (fivesDot(group.line, group.high, x) - 16 * ((*x).sums.x + (*x).sums.y)) * group.scale;
}
