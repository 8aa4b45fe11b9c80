// An invocation's share of W x for the panels of a workgroup, W being a part of a packed matrix, to partialSums. Needs
// `x`, `weights`, `scales`, `params.columns` and panel-sums.wgsl.
//
// An invocation takes one row of each of the workgroup's panels, and every SLICES-th group of 32 columns: invocations
// side by side read 16 bytes each side by side in memory, and the 8 of a panel share their piece of x, which is read
// once for all panels. Bound by the bytes of W, hence f32 for x and everything else on every path; the sum over slices
// goes through workgroup memory, where it costs nothing that is seen, so there is no subgroup variant either.
//
// What is indexed by a loop stays in memory where a driver does not unroll loops (SwiftShader): half the speed.
fn dotPanels(firstPanel: u32, lastPanel: u32, slice: u32, lane: u32) {
  let groups = (params.columns + 31) / 32;
  var sums = vec4f();
  var piece: Piece;
  for (var i = slice; i < groups; i += SLICES) {
    let k = i * 8;
    piece.quads = array(x[k], x[k + 1], x[k + 2], x[k + 3], x[k + 4], x[k + 5], x[k + 6], x[k + 7]);
    piece.sums.x = dot(piece.quads[0] + piece.quads[1] + piece.quads[2] + piece.quads[3], vec4f(1));
    piece.sums.y = dot(piece.quads[4] + piece.quads[5] + piece.quads[6] + piece.quads[7], vec4f(1));
    sums.x += groupDot(loadGroup(min(firstPanel, lastPanel) * groups + i, lane), &piece);
    if (PANELS > 1) { sums.y += groupDot(loadGroup(min(firstPanel + 1, lastPanel) * groups + i, lane), &piece); }
    if (PANELS > 2) { sums.z += groupDot(loadGroup(min(firstPanel + 2, lastPanel) * groups + i, lane), &piece); }
    if (PANELS > 3) { sums.w += groupDot(loadGroup(min(firstPanel + 3, lastPanel) * groups + i, lane), &piece); }
  }
  for (var p = 0u; p < PANELS; p++) { partialSums[p * WORKGROUP + slice * PANEL + lane] = sums[p]; }
}
