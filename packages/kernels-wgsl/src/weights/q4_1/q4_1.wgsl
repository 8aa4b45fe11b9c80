// q4_1: a group is a line of nibbles; scale and minimum are the halves of a word in `scales`, [block][lane].
#include "../nibbles.wgsl"

struct Group {
  line: vec4u,
  scale: vec2f,  // and minimum
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let at = block * PANEL + lane;
  return Group(weights[at], unpack2x16float(scales[at]));
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let values = nibbles8(group.line, octet);
  return mat2x4f(values[0] * group.scale.x + group.scale.y, values[1] * group.scale.x + group.scale.y);
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  return nibblesDot(group.line, x) * group.scale.x + ((*x).sums.x + (*x).sums.y) * group.scale.y;
}
