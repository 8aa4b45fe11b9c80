// An invocation's share of W x for the panels of a workgroup, W being a part of a packed matrix: a component a panel. Needs
// `weights`, `scales`, `params.columns`, panel-sums.wgsl and load-piece.wgsl.
//
// An invocation takes one row of each of the workgroup's panels, and every SLICES-th group of 32 columns: invocations
// side by side read 16 bytes each side by side in memory, and the 8 of a panel share their piece of x, which is read
// once for all panels. Bound by the bytes of W, hence f32 for x and everything else on every path. All slices take as many
// turns, as subgroups need it that pass x round: those that have no group left take the last once more, times zero.
fn dotPanels(firstPanel: u32, lastPanel: u32, place: Place) -> vec4f {
  let groups = (params.columns + 31) / 32;
  let panels = min(vec4u(firstPanel) + vec4u(0, 1, 2, 3), vec4u(lastPanel)) * groups;
  var sums = vec4f();
  for (var begin = 0u; begin < groups; begin += SLICES * TURNS) {
    sums += dotGroup(panels, begin + place.slice, groups, place);
    if (TURNS > 1) { sums += dotGroup(panels, begin + SLICES + place.slice, groups, place); }
  }
  return sums;
}

// Of one group.
fn dotGroup(panels: vec4u, group: u32, groups: u32, place: Place) -> vec4f {
  let within = select(0.0, 1.0, group < groups);
  let i = min(group, groups - 1);
  var piece = loadPiece(i * 8, place);
  var dots = vec4f(groupDot(loadGroup(panels.x + i, place.lane), &piece), 0, 0, 0);
  if (PANELS > 1) { dots.y = groupDot(loadGroup(panels.y + i, place.lane), &piece); }
  if (PANELS > 2) { dots.z = groupDot(loadGroup(panels.z + i, place.lane), &piece); }
  if (PANELS > 3) { dots.w = groupDot(loadGroup(panels.w + i, place.lane), &piece); }
  return within * dots;
}
