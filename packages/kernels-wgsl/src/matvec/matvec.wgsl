// y[offset + n] = sum over k of W[n, k] * x[k]
//
// An invocation takes one row of each of the workgroup's panels, and every SLICES-th group of 32 columns: invocations
// side by side read 16 bytes each side by side in memory, and the 8 of a panel share their piece of x, which is read
// once for all panels. Bound by the bytes of W, hence f32 for x and everything else on every path; the sum over slices
// goes through workgroup memory, where it costs nothing that is seen, so there is no subgroup variant either.
struct Params {
  columns: u32,
  rows: u32,
  offset: u32,  // of the first row's result in y
}

override WORKGROUP: u32 = 128;    // 8 times a power of two
override ROWS: u32 = 8;           // of W a workgroup: 8, 16, 24 or 32
override SLICES = WORKGROUP / 8;  // of the columns
override PANELS = ROWS / 8;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;            // [pitch of columns], zero past the last
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;  // W [rows, columns], packed
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;        // [offset + rows] or more
@group(0) @binding(4) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}

var<workgroup> partialSums: array<f32, WORKGROUP * PANELS>;  // [panel][slice][lane]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let lane = local % PANEL;
  let slice = local / PANEL;
  let groups = (params.columns + 31) / 32;
  let lastPanel = (params.rows - 1) / PANEL;
  var sums = array<f32, 4>();
  for (var i = slice; i < groups; i += SLICES) {
    var piece: Piece;
    for (var quad = 0u; quad < 8; quad++) { piece.quads[quad] = x[i * 8 + quad]; }
    piece.sums.x = dot(piece.quads[0] + piece.quads[1] + piece.quads[2] + piece.quads[3], vec4f(1));
    piece.sums.y = dot(piece.quads[4] + piece.quads[5] + piece.quads[6] + piece.quads[7], vec4f(1));
    for (var p = 0u; p < PANELS; p++) {
      let panel = min(group.x * PANELS + p, lastPanel);
      sums[p] += groupDot(loadGroup(panel * groups + i, lane), &piece);
    }
  }
  for (var p = 0u; p < PANELS; p++) { partialSums[p * WORKGROUP + local] = sums[p]; }
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half >= PANEL; half /= 2) {
    if (local < half) {
      for (var p = 0u; p < PANELS; p++) {
        partialSums[p * WORKGROUP + local] += partialSums[p * WORKGROUP + local + half];
      }
    }
    workgroupBarrier();
  }
  for (var p = slice; p < PANELS; p += SLICES) {
    let row = (group.x * PANELS + p) * PANEL + lane;
    if (row < params.rows) { y[params.offset + row] = partialSums[p * WORKGROUP + lane]; }
  }
}
