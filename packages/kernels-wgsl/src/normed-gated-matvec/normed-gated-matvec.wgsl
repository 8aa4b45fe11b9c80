// residual = x + norm(update, postWeight); with h = norm(residual, nextWeight),
// y[offset + n] = gelu(gate[n]) * up[n], gate[n] = sum over k of Wgate[n, k] * h[k], up[n] likewise
//
// residual-norms and gated-matvec in one dispatch. `residual` is not `x`: while one workgroup writes it, others still read x.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  columns: u32,
  rows: u32,    // of Wgate and Wup together: a multiple of 16
  offset: u32,  // of the first result in y
  epsilon: f32,
}

override WORKGROUP: u32 = 128;    // 8 times a power of two
override ROWS: u32 = 16;          // of W a workgroup: 16 or 32

@group(0) @binding(0) var<storage, read> x: array<vec4f>;                // [pitch of columns], zero past the last
@group(0) @binding(1) var<storage, read> update: array<vec4f>;           // likewise
@group(0) @binding(2) var<storage, read> postWeight: array<vec4f>;       // [columns]
@group(0) @binding(3) var<storage, read> nextWeight: array<vec4f>;       // [columns]
@group(0) @binding(4) var<storage, read> weights: array<vec4<u32>>;      // 8 rows of Wgate, 8 of Wup, and so on, packed
@group(0) @binding(5) var<storage, read> scales: array<u32>;
@group(0) @binding(6) var<storage, read_write> residual: array<vec4f>;   // [pitch of columns]
@group(0) @binding(7) var<storage, read_write> y: array<f32>;            // [offset + rows / 2] or more
@group(0) @binding(8) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}
#include "../common/panel-sums.wgsl"
#include "../common/reduce.wgsl"
#include "../common/normed-dots.wgsl"
#include "../common/gelu.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
#if ${subgroups}
  @builtin(subgroup_id) subgroupId: u32,
  @builtin(num_subgroups) subgroups: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
#endif
) {
#if ${subgroups}
  let postScale = inverseRms(workgroupSum(updateSquares(local), local, subgroupId, subgroups, subgroupLane));
#else
  let postScale = inverseRms(workgroupSum(updateSquares(local), local));
#endif
  let squares = dotNormed(group.x * PANELS, (params.rows - 1) / PANEL, local, postScale, group.x == 0);
#if ${subgroups}
  let nextScale = inverseRms(workgroupSum(squares, local, subgroupId, subgroups, subgroupLane));
#else
  let nextScale = inverseRms(workgroupSum(squares, local));
#endif
  addSlices(local);
  for (var p = 2 * (local / PANEL); p < PANELS; p += 2 * SLICES) {
    let panel = group.x * PANELS + p;
    if (panel * PANEL < params.rows) {
      let sum = p * WORKGROUP + local % PANEL;
      let gate = nextScale * partialSums[sum];
      let up = nextScale * partialSums[sum + WORKGROUP];
      y[params.offset + panel / 2 * PANEL + local % PANEL] = gelu(gate) * up;
    }
  }
}
