// y[n, c] = sum over splits of partials[n, split, c] / sum over splits of partials[n, split].total
//
// One workgroup a head. The first split without keys, whose total is 0, is where they end; what it has left of older
// sums is not read.
struct Params {
  heads: u32,
  headDim: u32,
  splits: u32,
}

const WORKGROUP = 64u;  // vec4s of a head, splits: both at most

@group(0) @binding(0) var<storage, read> partials: array<vec4f>;  // [heads, splits, headDim + 4], then total, 0, 0, 0
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;   // [heads, headDim]
@group(0) @binding(2) var<uniform> params: Params;

var<workgroup> totals: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let dims = params.headDim / 4;
  let pitch = dims + 1;
  let first = group.x * params.splits * pitch;
  if (local < params.splits) { totals[local] = partials[first + local * pitch + dims].x; }
  workgroupBarrier();
  if (local >= dims) { return; }

  var total = 0.0;
  var live = 0u;
  for (; live < params.splits && totals[live] > 0; live++) { total += totals[live]; }
  var sum = vec4f();
  for (var split = 0u; split < live; split++) { sum += partials[first + split * pitch + local]; }
  y[group.x * dims + local] = sum / total;
}
