// y[r, c] = x[r, c] * inverseSqrt(mean over c of x[r, c]^2 + epsilon) * (1 + weight[c])
//
// Gemma 2 stores zero-centred weights, hence the 1 + weight. One workgroup a row; the sum is f32 on every path, because
// f16 overflows at 65504. Rows are `pitch` elements apart.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  width: u32,
  pitch: u32,
  rows: u32,
  epsilon: f32,
}

override WORKGROUP: u32 = 128;

@group(0) @binding(0) var<storage, read> x: array<f32>;             // [rows, pitch]
@group(0) @binding(1) var<storage, read> weight: array<f32>;        // [width]
@group(0) @binding(2) var<storage, read_write> y: array<f32>;       // [rows, pitch]
@group(0) @binding(3) var<uniform> params: Params;

#include "../common/reduce.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let row = workgroup.id.x * params.pitch;
  var squares = 0.0;
  for (var c = invocation.index; c < params.width; c += WORKGROUP) {
    let value = x[row + c];
    squares += value * value;
  }
  let total = workgroupSum(squares, workgroup, invocation);
  let scale = inverseSqrt(total / f32(params.width) + params.epsilon);
  for (var c = invocation.index; c < params.width; c += WORKGROUP) {
    y[row + c] = x[row + c] * scale * (1.0 + weight[c]);
  }
}
