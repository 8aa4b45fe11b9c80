// y[r, c] = gelu(gate[r, c]) * up[r, c]
//
// One product makes gate and up. `gateUp` has them as the packed matrix has their rows: runs of `run` columns, `stride`
// apart, and up's run `upOffset` behind gate's.
struct Params {
  rows: u32,
  width: u32,
  inputPitch: u32,
  run: u32,
  stride: u32,
  upOffset: u32,
  pitch: u32,
}

override WORKGROUP: u32 = 128;

@group(0) @binding(0) var<storage, read> gateUp: array<f32>;   // [rows, inputPitch]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;  // [rows, pitch]
@group(0) @binding(2) var<uniform> params: Params;

#include "../common/gelu.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width) { return; }
  let i = id.y * params.inputPitch + id.x / params.run * params.stride + id.x % params.run;
  y[id.y * params.pitch + id.x] = gelu(gateUp[i]) * gateUp[i + params.upOffset];
}
