// f32: a group is 8 lines.
fn weight4(block: u32, lane: u32, quad: u32) -> vec4f {
  let line = weights[(block * 8 + quad) * PANEL + lane];
  return bitcast<vec4f>(line);
}

fn groupDot(block: u32, lane: u32, x: ptr<function, array<vec4f, 8>>) -> f32 {
  var sums = vec4f();
  for (var quad = 0u; quad < 8; quad++) { sums += weight4(block, lane, quad) * (*x)[quad]; }
  return dot(sums, vec4f(1));
}
