// y[r, n, c] = sum over splits of partials[r, n, split, c] / sum over splits of partials[r, n, split].total
//
// One workgroup a row and head. The first split without keys, whose total is 0, is where they end; what it has left of
// older sums is not read.
struct Params {
  rows: u32,
  heads: u32,
  headDim: u32,
  splits: u32,
  yPitch: u32,
}

const WORKGROUP = 64u;  // vec4s of a head, splits: both at most

#include "../common/step.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> partials: array<vec4f>;  // [rows, heads, splits, headDim + 4], then total, 0, 0, 0
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;   // [rows, yPitch]
@group(0) @binding(3) var<uniform> params: Params;

var<workgroup> totals: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let row = group.y;
  if (row >= step.rows) { return; }
  let dims = params.headDim / 4;
  let pitch = dims + 1;
  let first = (row * params.heads + head) * params.splits * pitch;
  if (local < params.splits) { totals[local] = partials[first + local * pitch + dims].x; }
  workgroupBarrier();
  if (local >= dims) { return; }

  var total = 0.0;
  var live = 0u;
  for (; live < params.splits && totals[live] > 0; live++) { total += totals[live]; }
  var sum = vec4f();
  for (var split = 0u; split < live; split++) { sum += partials[first + split * pitch + local]; }
  y[row * (params.yPitch / 4) + head * dims + local] = sum / total;
}
