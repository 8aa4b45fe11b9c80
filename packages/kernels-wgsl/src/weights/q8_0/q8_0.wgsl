// q8_0: a group is 2 lines of 16 signed bytes; its scale is a half in `scales`, [block][lane].
struct Group {
  first: vec4u,
  last: vec4u,
  scale: f32,
}

fn loadGroup(block: u32, lane: u32) -> Group {
  let halves = scales[(block * PANEL + lane) / 2] >> (16 * (lane & 1));
  let line = block * 2 * PANEL + lane;
  return Group(weights[line], weights[line + PANEL], unpack2x16float(halves).x);
}

fn signedBytesOf(word: u32) -> vec4f {
  return vec4f(vec4i(vec4u(word) << vec4u(24, 16, 8, 0)) >> vec4u(24));
}

fn weights8(group: Group, octet: u32) -> mat2x4f {
  let line = select(group.first, group.last, octet > 1);
  let words = select(line.xy, line.zw, (octet & 1) == 1);
  return mat2x4f(signedBytesOf(words.x), signedBytesOf(words.y)) * group.scale;
}

fn groupDot(group: Group, x: ptr<function, Piece>) -> f32 {
  var sums = vec4f();
  sums += signedBytesOf(group.first[0]) * (*x).quads[0];
  sums += signedBytesOf(group.last[0]) * (*x).quads[4];
  sums += signedBytesOf(group.first[1]) * (*x).quads[1];
  sums += signedBytesOf(group.last[1]) * (*x).quads[5];
  sums += signedBytesOf(group.first[2]) * (*x).quads[2];
  sums += signedBytesOf(group.last[2]) * (*x).quads[6];
  sums += signedBytesOf(group.first[3]) * (*x).quads[3];
  sums += signedBytesOf(group.last[3]) * (*x).quads[7];
  return dot(sums, vec4f(group.scale));
}
