// residual = x + norm(update, postWeight); y[offset + n] = sum over k of W[n, k] * norm(residual, nextWeight)[k]
//
// residual-norms and matvec in one dispatch; y is [offset + rows] or more.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

#include "../common/normed-product.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let place = placeOf(workgroup, invocation);
  let postScale = inverseRms(workgroupSum(updateSquares(invocation.index), workgroup, invocation));
  var sums: vec4f;
  let squares = dotNormed(workgroup.id.x * PANELS, (params.rows - 1) / PANEL, place, postScale, workgroup.id.x == 0, &sums);
  let nextScale = inverseRms(workgroupSum(squares, workgroup, invocation));
  addSlices(sums, workgroup, place);
  for (var p = place.slice; p < PANELS; p += SLICES) {
    let row = (workgroup.id.x * PANELS + p) * PANEL + place.lane;
    if (row < params.rows) { y[params.offset + row] = nextScale * partialSums[p * WORKGROUP + place.lane]; }
  }
}
