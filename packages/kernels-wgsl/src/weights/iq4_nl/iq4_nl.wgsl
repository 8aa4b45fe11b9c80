// iq4_nl: a group is a line of nibbles that stand for 16 values; its scale is a half in `scales`, [block][lane].
#include "../iq4.wgsl"

struct Group {
  line: vec4u,
  scale: f32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let at = block * PANEL + lane;
  return Group(weights[at], unpack2x16float(scales[at / 2] >> (16 * (lane & 1))).x);
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
