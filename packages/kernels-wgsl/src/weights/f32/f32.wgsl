// f32: a group is 8 lines.
struct Group {
  line: u32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  return Group(block * 8 * PANEL + lane);
}

fn weight4(group: Group, quad: u32) -> vec4f {
  return bitcast<vec4f>(weights[group.line + quad * PANEL]);
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) { sums += weight4(group, quad) * (*x).quads[quad]; }
  return dot(sums, vec4f(1));
}
