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

fn weight4(group: Group, quad: u32) -> vec4f {
  let line = weights[group.line + quad / 2 * PANEL];
  return fromBf16(select(line.xy, line.zw, (quad & 1) == 1));
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
