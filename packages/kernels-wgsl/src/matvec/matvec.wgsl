// y[offset + n] = sum over k of W[n, k] * x[k]
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  columns: u32,
  rows: u32,
  offset: u32,  // of the first row's result in y
}

override WORKGROUP: u32 = 128;    // 8 times a power of two
override ROWS: u32 = 8;           // of W a workgroup: 8, 16, 24 or 32

@group(0) @binding(0) var<storage, read> x: array<vec4f>;            // [pitch of columns], zero past the last
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;  // W [rows, columns], packed
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;        // [offset + rows] or more
@group(0) @binding(4) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}
#include "../common/panel-sums.wgsl"
#include "../common/load-piece.wgsl"
#include "../common/panel-dots.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let place = placeOf(workgroup, invocation);
  let sums = dotPanels(workgroup.id.x * PANELS, (params.rows - 1) / PANEL, place);
  addSlices(sums, workgroup, place);
  for (var p = place.slice; p < PANELS; p += SLICES) {
    let row = (workgroup.id.x * PANELS + p) * PANEL + place.lane;
    if (row < params.rows) { y[params.offset + row] = partialSums[p * WORKGROUP + place.lane]; }
  }
}
