// y[r] = E[tokens[r]] * scale, for tokens among the rows of three parts of E
//
// A table that is split over bindings takes a dispatch for every three; rows whose token is in another part stay as they
// are. One workgroup a row.
struct Params {
  rows: u32,
  width: u32,
  pitch: u32,
  firstRow: u32,   // of the first part
  partRows: u32,   // of each part but the last
  tableRows: u32,  // of all three
  scale: f32,
}

override WORKGROUP: u32 = 64;

@group(0) @binding(0) var<storage, read> tokens: array<u32>;          // [rows]
@group(0) @binding(1) var<storage, read> weights: array<vec4<u32>>;   // E [partRows, width], packed
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read> weightsB: array<vec4<u32>>;  // the rows that follow
@group(0) @binding(4) var<storage, read> scalesB: array<u32>;
@group(0) @binding(5) var<storage, read> weightsC: array<vec4<u32>>;  // and those after them
@group(0) @binding(6) var<storage, read> scalesC: array<u32>;
@group(0) @binding(7) var<storage, read_write> y: array<f32>;         // [rows, pitch]
@group(0) @binding(8) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}

fn octetOf(part: u32, block: u32, lane: u32, octet: u32) -> mat2x4f {
  switch (part) {
    case 0: { return weights8(loadGroup(block, lane), octet); }
    case 1: { return weights8B(loadGroupB(block, lane), octet); }
    default: { return weights8C(loadGroupC(block, lane), octet); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let tableRow = tokens[group.x] - params.firstRow;  // wraps to a large number for a smaller id
  if (tableRow >= params.tableRows) { return; }
  let part = tableRow / params.partRows;
  let row = tableRow % params.partRows;
  let groups = (params.width + 31) / 32;
  for (var i = local; i < groups * 4; i += WORKGROUP) {
    let values = octetOf(part, row / PANEL * groups + i / 4, row % PANEL, i % 4);
    for (var j = 0u; j < 8; j++) {
      let column = i * 8 + j;
      if (column < params.width) { y[group.x * params.pitch + column] = values[j / 4][j % 4] * params.scale; }
    }
  }
}
