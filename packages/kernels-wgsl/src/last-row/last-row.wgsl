// y[c] = x[rows - 1, c]: the row whose logits say the next token, where `rows` is known to the GPU only
struct Params {
  width: u32,
  pitch: u32,
}

override WORKGROUP: u32 = 128;

#include "../common/step.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> x: array<f32>;        // [most rows, pitch]
@group(0) @binding(2) var<storage, read_write> y: array<f32>;  // [pitch]
@group(0) @binding(3) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width) { return; }
  y[id.x] = x[(step.rows - 1) * params.pitch + id.x];
}
