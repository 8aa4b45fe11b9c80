// y[r] = E[tokens[r]] * scale, for tokens among the rows of this part of E
//
// A table that is split over bindings takes a dispatch a part; rows whose token is in another part stay as they are.
// One workgroup a row.
struct Params {
  rows: u32,
  width: u32,
  pitch: u32,
  firstRow: u32,  // of the part
  partRows: u32,
  scale: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;            // [rows]
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;     // E [partRows, width], packed
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;           // [rows, pitch]
@group(0) @binding(4) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = tokens[group.x] - params.firstRow;  // wraps to a large number for a smaller id
  if (row >= params.partRows) { return; }
  let groups = (params.width + 31) / 32;
  for (var i = local; i < groups * 4; i += WORKGROUP) {
    let values = weights8(loadGroup(row / PANEL * groups + i / 4, row % PANEL), i % 4);
    for (var j = 0u; j < 8; j++) {
      let column = i * 8 + j;
      if (column < params.width) { y[group.x * params.pitch + column] = values[j / 4][j % 4] * params.scale; }
    }
  }
}
