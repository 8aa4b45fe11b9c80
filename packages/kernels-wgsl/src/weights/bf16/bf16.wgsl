// bf16: a group is 4 lines of 8 weights.
struct Group {
  line: u32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  return Group(block * 4 * PANEL + lane);
}

fn fromBf16(words: vec2u) -> vec4f {
  return bitcast<vec4f>(vec4u(words.x << 16, words.x & 0xffff0000, words.y << 16, words.y & 0xffff0000));
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let line = weights[group.line + octet * PANEL];
  return mat2x4f(fromBf16(line.xy), fromBf16(line.zw));
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  for (var i = 0u; i < 4; i++) {
    let line = weights[group.line + i * PANEL];
    sums += fromBf16(line.xy) * (*x).quads[2 * i];
    sums += fromBf16(line.zw) * (*x).quads[2 * i + 1];
  }
  return dot(sums, vec4f(1));
}
