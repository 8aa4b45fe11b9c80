// q4_0: a group is a line of nibbles; its scale is a half in `scales`, [block][lane].
#include "../nibbles.wgsl"

struct Group {
  line: vec4u,
  scale: f32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let at = block * PANEL + lane;
  return Group(weights[at], unpack2x16float(scales[at / 2] >> (16 * (lane & 1))).x);
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let values = nibbles8(group.line, octet);
  return mat2x4f(values[0] - 8, values[1] - 8) * group.scale;
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return (nibblesDot(group.line, x) - 8 * ((*x).sums.x + (*x).sums.y)) * group.scale;
}
