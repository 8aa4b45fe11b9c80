// f32: a group is 8 lines.
struct Group {
  line: u32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  return Group(block * 8 * PANEL + lane);
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let line = group.line + octet * 2 * PANEL;
  return mat2x4f(bitcast<vec4f>(weights[line]), bitcast<vec4f>(weights[line + PANEL]));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) {
    sums += bitcast<vec4f>(weights[group.line + quad * PANEL]) * (*x).quads[quad];
  }
  return dot(sums, vec4f(1));
}
