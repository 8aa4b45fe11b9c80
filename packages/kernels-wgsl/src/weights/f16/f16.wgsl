// f16: a group is 4 lines of 8 weights.
fn weight4(block: u32, lane: u32, quad: u32) -> vec4f {
  let line = weights[(block * 4 + quad / 2) * PANEL + lane];
  let halves = select(line.xy, line.zw, (quad & 1) == 1);
  return vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
}

fn groupDot(block: u32, lane: u32, x: ptr<function, array<vec4f, 8>>) -> f32 {
  var sums = vec4f();
  for (var i = 0u; i < 4; i++) {
    let line = weights[(block * 4 + i) * PANEL + lane];
    sums += vec4f(unpack2x16float(line.x), unpack2x16float(line.y)) * (*x)[2 * i];
    sums += vec4f(unpack2x16float(line.z), unpack2x16float(line.w)) * (*x)[2 * i + 1];
  }
  return dot(sums, vec4f(1));
}
