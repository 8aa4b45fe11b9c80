// q8_0: a group is 2 lines of 16 signed bytes; its scale is a half in `scales`, [block][lane].
struct Group {
  line: u32,
  scale: f32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let halves = scales[(block * PANEL + lane) / 2] >> (16 * (lane & 1));
  return Group(block * 2 * PANEL + lane, unpack2x16float(halves).x);
}

fn signedBytesOf(word: u32) -> vec4f {
  return vec4f(vec4i(vec4u(word) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

fn weight4(group: Group, quad: u32) -> vec4f {
  let line = weights[group.line + quad / 4 * PANEL];
  return signedBytesOf(line[quad & 3]) * group.scale;
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var i = 0u; i < 2; i++) {
    let line = weights[group.line + i * PANEL];
    for (var quad = 0u; quad < 4; quad++) { sums += signedBytesOf(line[quad]) * (*x).quads[4 * i + quad]; }
  }
  return dot(sums, vec4f(group.scale));
}
