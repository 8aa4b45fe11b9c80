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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= params.width) { return; }
  let i = id.y * params.pitch + id.x;
  // Some drivers make tanh from exp, which overflows: beyond 10, tanh is 1 to f32's last bit.
  x[i] = params.cap * tanh(clamp(x[i] / params.cap, -10.0, 10.0));
}
