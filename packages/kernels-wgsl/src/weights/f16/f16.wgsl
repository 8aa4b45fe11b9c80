// f16: a group is 4 lines of 8 weights.
struct Group {
  line: u32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  return Group(block * 4 * PANEL + lane);
}

fn fromHalves(words: vec2u) -> vec4f {
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let line = weights[group.line + octet * PANEL];
  return mat2x4f(fromHalves(line.xy), fromHalves(line.zw));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var i = 0u; i < 4; i++) {
    let line = weights[group.line + i * PANEL];
    sums += fromHalves(line.xy) * (*x).quads[2 * i];
    sums += fromHalves(line.zw) * (*x).quads[2 * i + 1];
  }
  return dot(sums, vec4f(1));
}
