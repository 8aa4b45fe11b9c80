// residual = x + norm(update, postWeight); with h = norm(residual, nextWeight),
// y[offset + n] = gelu(gate[n]) * up[n], gate[n] = sum over k of Wgate[n, k] * h[k], up[n] likewise
//
// residual-norms and gated-matvec in one dispatch. In W 8 rows of Wgate and 8 of Wup lie in turn, so `rows` is a multiple of 16
// and ROWS 16 or 32; y is [offset + rows / 2] or more.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

#include "../common/normed-product.wgsl"
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
