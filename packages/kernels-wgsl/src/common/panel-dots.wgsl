// An invocation's share of W x for the panels of a workgroup, W being a part of a packed matrix, to partialSums. Needs
// `x`, `weights`, `scales`, `params.columns` and panel-sums.wgsl.
//
// An invocation takes one row of each of the workgroup's panels, and every SLICES-th group of 32 columns: invocations
// side by side read 16 bytes each side by side in memory, and the 8 of a panel share their piece of x, which is read
// once for all panels. Bound by the bytes of W, hence f32 for x and everything else on every path; the sum over slices
// goes through workgroup memory, where it costs nothing that is seen, so there is no subgroup variant either.
fn dotPanels(firstPanel: u32, lastPanel: u32, slice: u32, lane: u32) {
  let groups = (params.columns + 31) / 32;
  var sums = array<f32, 4>();
  var piece: Piece;
  for (var i = slice; i < groups; i += SLICES) {
    for (var quad = 0u; quad < 8; quad++) { piece.quads[quad] = x[i * 8 + quad]; }
    piece.sums.x = dot(piece.quads[0] + piece.quads[1] + piece.quads[2] + piece.quads[3], vec4f(1));
    piece.sums.y = dot(piece.quads[4] + piece.quads[5] + piece.quads[6] + piece.quads[7], vec4f(1));
    for (var p = 0u; p < PANELS; p++) {
      let panel = min(firstPanel + p, lastPanel);
      sums[p] += groupDot(loadGroup(panel * groups + i, lane), &piece);
    }
  }
  for (var p = 0u; p < PANELS; p++) { partialSums[p * WORKGROUP + slice * PANEL + lane] = sums[p]; }
}
