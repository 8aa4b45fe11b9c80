// y[b, offset + n] = sum over k of W[n, k] * x[b, k]
//
// One workgroup makes a tile of 64 rows of x times 64 rows of W: 32 columns of both at a time come into workgroup
// memory, the weights dequantised once, and every invocation multiplies 4 rows by 4. A tile lies as [quad][row], so that
// invocations side by side read side by side. Tiles are halves on the f16 path, the sums f32 on every path.
#if ${f16}
enable f16;
#endif

struct Params {
  batch: u32,
  columns: u32,
  rows: u32,
  offset: u32,  // of the first row's result in a row of y
  pitch: u32,   // of y
}

#include "../common/step.wgsl"
#if ${f16}
alias Quad = vec4<f16>;
#else
alias Quad = vec4<f32>;
#endif

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;            // [batch, pitch of columns]
@group(0) @binding(2) var<storage, read> weights: array<vec4<u32>>;  // W [rows, columns], packed
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;        // [batch, pitch]
@group(0) @binding(5) var<uniform> params: Params;

#include "../weights/panel.wgsl"
${weights}

const TILE = 64u;
const SIDE = 16u;  // invocations along a tile's side

var<workgroup> xTile: array<Quad, 512>;       // [8][TILE]
var<workgroup> weightTile: array<Quad, 512>;  // [8][TILE]

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstN = group.x * TILE;
  let firstB = group.y * TILE;
  if (firstB >= step.rows) { return; }
  let groups = (params.columns + 31) / 32;

  // Loading: an invocation fills quads `slot` and `slot + 4` of one row of each tile.
  let row = local % TILE;
  let slot = local / TILE;
  let xRow = min(firstB + row, params.batch - 1) * groups * 8;
  let weightRow = min(firstN + row, params.rows - 1);
  let panel = weightRow / PANEL * groups;
  let lane = weightRow % PANEL;

  let n = local % SIDE;
  let b = local / SIDE;
  var sums: array<array<f32, 4>, 4>;
  for (var i = 0u; i < groups; i++) {
    for (var quad = slot; quad < 8; quad += 4) {
      xTile[quad * TILE + row] = Quad(x[xRow + i * 8 + quad]);
      weightTile[quad * TILE + row] = Quad(weight4(panel + i, lane, quad));
    }
    workgroupBarrier();
    for (var quad = 0u; quad < 8; quad++) {
      var w: array<vec4f, 4>;
      for (var j = 0u; j < 4; j++) { w[j] = vec4f(weightTile[quad * TILE + n + j * SIDE]); }
      for (var k = 0u; k < 4; k++) {
        let xs = vec4f(xTile[quad * TILE + b + k * SIDE]);
        for (var j = 0u; j < 4; j++) { sums[k][j] += dot(w[j], xs); }
      }
    }
    workgroupBarrier();
  }
  for (var k = 0u; k < 4; k++) {
    let outB = firstB + b + k * SIDE;
    for (var j = 0u; j < 4; j++) {
      let outN = firstN + n + j * SIDE;
      if (outB < params.batch && outN < params.rows) {
        y[outB * params.pitch + params.offset + outN] = sums[k][j];
      }
    }
  }
}
