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
fn main(workgroup: Workgroup, invocation: Invocation) {
  let place = placeOf(workgroup, invocation);
  let postScale = inverseRms(workgroupSum(updateSquares(invocation.index), workgroup, invocation));
  var sums: vec4f;
  let squares = dotNormed(workgroup.id.x * PANELS, (params.rows - 1) / PANEL, place, postScale, workgroup.id.x == 0, &sums);
  let nextScale = inverseRms(workgroupSum(squares, workgroup, invocation));
  addSlices(sums, workgroup, place);
  for (var p = 2 * place.slice; p < PANELS; p += 2 * SLICES) {
    let panel = workgroup.id.x * PANELS + p;
    if (panel * PANEL < params.rows) {
      let sum = p * WORKGROUP + place.lane;
      let gate = nextScale * partialSums[sum];
      let up = nextScale * partialSums[sum + WORKGROUP];
      y[params.offset + panel / 2 * PANEL + place.lane] = gelu(gate) * up;
    }
  }
}
