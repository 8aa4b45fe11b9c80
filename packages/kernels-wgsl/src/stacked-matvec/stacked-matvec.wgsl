// y[offset + n] = sum over k of W[n, k] * x[k], the rows of W being those of two matrices, one below the other
//
// A workgroup has rows of one of them: each is in its own encoding, and neither waits for the other.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  columns: u32,
  rows: u32,    // of the first
  rowsB: u32,   // of the second
  offset: u32,  // of the first row's result in y
}

override WORKGROUP: u32 = 128;    // 8 times a power of two
override ROWS: u32 = 8;           // of W a workgroup: 8, 16, 24 or 32

@group(0) @binding(0) var<storage, read> x: array<vec4f>;             // [pitch of columns], zero past the last
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;   // the first [rows, columns], packed
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read> weightsB: array<vec4<u32>>;  // the second [rowsB, columns], packed
@group(0) @binding(4) var<storage, read> scalesB: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;         // [offset + rows + rowsB] or more
@group(0) @binding(6) var<uniform> params: Params;

#include "../weights/group.wgsl"
#include "../common/panel-sums.wgsl"
#include "../common/load-piece.wgsl"
${weights}

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let place = placeOf(workgroup, invocation);
  let groups = (params.rows + ROWS - 1) / ROWS;  // that have rows of the first
  let isFirst = workgroup.id.x < groups;
  let firstPanel = select(workgroup.id.x - groups, workgroup.id.x, isFirst) * PANELS;
  var sums: vec4f;
  if (isFirst) {
    sums = dotPanels(firstPanel, (params.rows - 1) / PANEL, place);
  } else {
    sums = dotPanelsB(firstPanel, (params.rowsB - 1) / PANEL, place);
  }
  addSlices(sums, workgroup, place);
  let rows = select(params.rowsB, params.rows, isFirst);
  let offset = params.offset + select(params.rows, 0, isFirst);
  for (var p = place.slice; p < PANELS; p += SLICES) {
    let row = (firstPanel + p) * PANEL + place.lane;
    if (row < rows) { y[offset + row] = partialSums[p * WORKGROUP + place.lane]; }
  }
}
