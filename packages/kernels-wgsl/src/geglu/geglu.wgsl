// y[r, c] = gelu(gate[r, c]) * up[r, c], gelu(x) = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
//
// One product makes gate and up: a row of `gateUp` holds the gate from 0 and up from `upOffset`.
struct Params {
  rows: u32,
  width: u32,
  inputPitch: u32,
  upOffset: u32,
  pitch: u32,
}

override WORKGROUP: u32 = 128;

@group(0) @binding(0) var<storage, read> gateUp: array<f32>;   // [rows, inputPitch]
@group(0) @binding(1) var<storage, read_write> y: array<f32>;  // [rows, pitch]
@group(0) @binding(2) var<uniform> params: Params;

fn gelu(x: f32) -> f32 {
  // Some drivers make tanh from exp, which overflows: beyond 10, tanh is 1 to f32's last bit.
  return 0.5 * x * (1.0 + tanh(clamp(0.7978845608028654 * (x + 0.044715 * x * x * x), -10.0, 10.0)));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width) { return; }
  let i = id.y * params.inputPitch + id.x;
  y[id.y * params.pitch + id.x] = gelu(gateUp[i]) * gateUp[i + params.upOffset];
}
