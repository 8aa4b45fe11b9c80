// x[r] += norm(update[r], postWeight); y[r] = norm(x[r], nextWeight)
// norm(v, w)[c] = v[c] * inverseSqrt(mean over c of v[c]^2 + epsilon) * (1 + w[c])
//
// Gemma 2 norms what a sub-layer gives, adds it to the residual stream, and norms that for the next sub-layer: one
// kernel, so that the row is read while it is near. One workgroup a row; each invocation keeps to its own columns, so
// that only the sums need barriers.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  rows: u32,
  width: u32,
  pitch: u32,
  epsilon: f32,
}

override WORKGROUP: u32 = 256;

@group(0) @binding(0) var<storage, read_write> x: array<f32>;    // [rows, pitch]
@group(0) @binding(1) var<storage, read> update: array<f32>;     // [rows, pitch]
@group(0) @binding(2) var<storage, read> postWeight: array<f32>; // [width]
@group(0) @binding(3) var<storage, read> nextWeight: array<f32>; // [width]
@group(0) @binding(4) var<storage, read_write> y: array<f32>;    // [rows, pitch]
@group(0) @binding(5) var<uniform> params: Params;

#include "../common/reduce.wgsl"

fn inverseRms(squares: f32) -> f32 {
  return inverseSqrt(squares / f32(params.width) + params.epsilon);
}

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let row = workgroup.id.x * params.pitch;
  var squares = 0.0;
  for (var c = invocation.index; c < params.width; c += WORKGROUP) {
    let value = update[row + c];
    squares += value * value;
  }
  let postScale = inverseRms(workgroupSum(squares, workgroup, invocation));
  squares = 0.0;
  for (var c = invocation.index; c < params.width; c += WORKGROUP) {
    let value = x[row + c] + update[row + c] * postScale * (1.0 + postWeight[c]);
    x[row + c] = value;
    squares += value * value;
  }
  let nextScale = inverseRms(workgroupSum(squares, workgroup, invocation));
  for (var c = invocation.index; c < params.width; c += WORKGROUP) {
    y[row + c] = x[row + c] * nextScale * (1.0 + nextWeight[c]);
  }
}
