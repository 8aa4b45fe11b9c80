// y[offset + n] = gelu(gate[n]) * up[n], gate[n] = sum over k of Wgate[n, k] * x[k], up[n] likewise
//
// The panels of Wgate and Wup lie in turn, so a workgroup that has an even number of panels has both halves of a result,
// and gate and up never reach memory.
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  columns: u32,
  rows: u32,    // of Wgate and Wup together: a multiple of 16
  offset: u32,  // of the first result in y
}

override WORKGROUP: u32 = 128;    // 8 times a power of two
override ROWS: u32 = 16;          // of W a workgroup: 16 or 32

@group(0) @binding(0) var<storage, read> x: array<vec4f>;            // [pitch of columns], zero past the last
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;  // 8 rows of Wgate, 8 of Wup, and so on, packed
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;        // [offset + rows / 2] or more
@group(0) @binding(4) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}
#include "../common/panel-sums.wgsl"
#include "../common/load-piece.wgsl"
#include "../common/panel-dots.wgsl"
#include "../common/gelu.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let place = placeOf(workgroup, invocation);
  let sums = dotPanels(workgroup.id.x * PANELS, (params.rows - 1) / PANEL, place);
  addSlices(sums, workgroup, place);
  for (var p = 2 * place.slice; p < PANELS; p += 2 * SLICES) {
    let panel = workgroup.id.x * PANELS + p;
    if (panel * PANEL < params.rows) {
      let sum = p * WORKGROUP + place.lane;
      y[params.offset + panel / 2 * PANEL + place.lane] = gelu(partialSums[sum]) * partialSums[sum + WORKGROUP];
    }
  }
}
