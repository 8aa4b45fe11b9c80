// x[r, c] = cap * tanh(x[r, c] / cap), in place
struct Params {
  rows: u32,
  width: u32,
  pitch: u32,
  cap: f32,
}

override WORKGROUP: u32 = 128;

@group(0) @binding(0) var<storage, read_write> x: array<f32>;  // [rows, pitch]
@group(0) @binding(1) var<uniform> params: Params;

#include "../common/softcap.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width) { return; }
  let i = id.y * params.pitch + id.x;
  x[i] = softcapped(x[i], params.cap);
}
