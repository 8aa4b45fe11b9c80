// residual = x + norm(update, postWeight); y[offset + n] = sum over k of W[n, k] * norm(residual, nextWeight)[k]
//
// residual-norms and matvec in one dispatch; y is [offset + rows] or more.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

#include "../common/normed-product.wgsl"

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
  for (var p = local / PANEL; p < PANELS; p += SLICES) {
    let row = (group.x * PANELS + p) * PANEL + local % PANEL;
    if (row < params.rows) { y[params.offset + row] = nextScale * partialSums[p * WORKGROUP + local % PANEL]; }
  }
}
