// y[b, offset + n] = sum over k of W[n, k] * x[b, k], by way of workgroup memory
//
// One workgroup multiplies 64 rows of x by 64 rows of W, 16 columns at a time: it brings both to its memory, where each
// weight is dequantised once, and an invocation multiplies 8 rows by 8. So memory is asked for neighbouring addresses only,
// and 64 multiply-adds take 4 reads of what is near. All is f32: halves would need a scale for each row of x, as
// matmul-subgroup-matrix has it, and a conversion for each product.
#include "../common/product.wgsl"

const TILE = 64u;   // rows of x, rows of W, and invocations: each brings a row of W
const QUADS = 4u;   // of a row that are at hand at a time: half a group

var<workgroup> left: array<vec4f, TILE * QUADS>;   // [row of x][quad]
var<workgroup> right: array<vec4f, TILE * QUADS>;  // [row of W][quad]

// Of a quad in workgroup memory: the quads of eight neighbouring rows lie in different banks.
fn place(row: u32, quad: u32) -> u32 {
  return row * QUADS + (quad ^ (row / 2 % QUADS));
}

@compute @workgroup_size(TILE)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) local: u32) {
  let firstRow = tile.x * TILE;
  let endRow = min(min(params.batch, step.rows), firstRow + TILE);
  if (firstRow >= endRow) { return; }
  let firstColumn = tile.y * TILE;
  let groups = (params.columns + 31) / 32;
  let pitch = groups * 8;
  let panel = min((firstColumn + local) / PANEL, (params.rows - 1) / PANEL);
  // Of the 8 rows of x and of W that an invocation multiplies, each 8 rows from the next.
  let xRow = local / 8;
  let wRow = local % 8;

  var upper: array<vec4f, 8>;  // of the 8 rows of x; a component a row of W
  var lower: array<vec4f, 8>;
  for (var i = 0u; i < groups; i++) {
    let group = loadGroup(panel * groups + i, local % PANEL);
    for (var half = 0u; half < 2; half++) {
      for (var octet = 0u; octet < 2; octet++) {
        let w = weights8(group, half * 2 + octet);
        right[place(local, octet * 2)] = w[0];
        right[place(local, octet * 2 + 1)] = w[1];
      }
      for (var row = local / QUADS; row < TILE; row += TILE / QUADS) {
        let at = min(firstRow + row, endRow - 1) * pitch + i * 8 + half * QUADS + local % QUADS;
        left[place(row, local % QUADS)] = x[at];
      }
      workgroupBarrier();
      for (var quad = 0u; quad < QUADS; quad++) {
        let w = place(wRow, quad);
        let w0 = transpose(mat4x4f(right[w], right[w + 32], right[w + 64], right[w + 96]));
        let w1 = transpose(mat4x4f(right[w + 128], right[w + 160], right[w + 192], right[w + 224]));
        for (var b = 0u; b < 8; b++) {
          let v = left[place(xRow, quad) + b * 32];
          upper[b] = fma(w0[0], v.xxxx, fma(w0[1], v.yyyy, fma(w0[2], v.zzzz, fma(w0[3], v.wwww, upper[b]))));
          lower[b] = fma(w1[0], v.xxxx, fma(w1[1], v.yyyy, fma(w1[2], v.zzzz, fma(w1[3], v.wwww, lower[b]))));
        }
      }
      workgroupBarrier();
    }
  }
  // Sums move down a place for each row that is written: registers have no addresses.
  for (var row = firstRow + xRow; row < endRow; row += 8) {
    for (var c = 0u; c < 4; c++) {
      let n = firstColumn + wRow + 8 * c;
      if (n < params.rows) { y[row * params.pitch + params.offset + n] = upper[0][c]; }
      if (n + 32 < params.rows) { y[row * params.pitch + params.offset + n + 32] = lower[0][c]; }
    }
    for (var b = 1u; b < 8; b++) {
      upper[b - 1] = upper[b];
      lower[b - 1] = lower[b];
    }
  }
}
