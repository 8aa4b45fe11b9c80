// y[b, offset + n] = sum over k of W[n, k] * x[b, k], by the products of small matrices that a subgroup has instructions for
//
// One workgroup multiplies 64 rows of x by 64 rows of W: it brings some columns of both to its memory, W dequantised, and
// its subgroups multiply a sixteenth of x by half of W each. Sums are f32. Where an adapter multiplies only halves, a row
// of x is scaled by a power of two such that its largest value is near 2^14: nothing of it can overflow, and what is lost
// below is less than 2^-28 of that value. The result is scaled back, which is exact.
enable subgroups;
enable chromium_experimental_subgroup_matrix;
requires subgroup_id;
${subgroupMatrix}

#include "../common/product.wgsl"

override WORKGROUP: u32 = 256;  // a multiple of the largest subgroup; eight subgroups suffice

const ROWS = 4 * UNIT_ROWS;        // of x and y
const COLUMNS = 2 * UNIT_COLUMNS;  // of y: rows of W
const UNITS = 8u;
// Of a row in workgroup memory. The 16 bytes more let neighbouring rows lie in different banks.
const STRIDE = DEPTH + select(4u, 8u, HALVES);
// Weights of 4e-6 to 4094 are normal halves. Larger ones, which no Gemma has, would give NaN, which generation reports.
const WEIGHT_SCALE = select(1.0, 16.0, HALVES);

var<workgroup> left: array<Component, ROWS * STRIDE>;      // [row of x][column]
var<workgroup> right: array<Component, COLUMNS * STRIDE>;  // [row of W][column]
var<workgroup> blocks: array<f32, UNITS / 2 * M * N>;      // one of each of four units
var<workgroup> largest: array<atomic<u32>, ROWS>;          // bits of the largest magnitude of a row of x

// The exponent of a row's largest value, as far as the powers of two that follow from it are normal numbers.
fn exponentOf(row: u32) -> u32 {
  return clamp(atomicLoad(&largest[row]) >> 23, 21, 254);
}

fn scaleOf(row: u32) -> f32 {
  return bitcast<f32>((127 + 14 + 127 - exponentOf(row)) << 23);
}

// Of scaleOf and WEIGHT_SCALE.
fn inverseScaleOf(row: u32) -> f32 {
  return bitcast<f32>((exponentOf(row) - 14 - 4) << 23);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
) {
  let firstRow = tile.x * ROWS;
  let endRow = min(min(params.batch, step.rows), firstRow + ROWS);
  if (firstRow >= endRow) { return; }
  let firstColumn = tile.y * COLUMNS;
  let groups = (params.columns + 31) / 32;
  let pitch = groups * 8;
  let lastPanel = (params.rows - 1) / PANEL;

  if (HALVES) {
    for (var i = local; i < (endRow - firstRow) * 8; i += WORKGROUP) {
      var most = vec4f();
      for (var quad = i % 8; quad < pitch; quad += 8) { most = max(most, abs(x[(firstRow + i / 8) * pitch + quad])); }
      atomicMax(&largest[i / 8], bitcast<u32>(max(max(most.x, most.y), max(most.z, most.w))));
    }
    workgroupBarrier();
  }

  // Once, unless a subgroup has more than an eighth of the invocations.
  for (var firstUnit = 0u; firstUnit < UNITS; firstUnit += subgroups) {
    let own = firstUnit + subgroup;
    var sums = array<array<Sums, UNIT_COLUMNS / N>, UNIT_ROWS / M>();
    for (var k = 0u; k < groups * 32; k += DEPTH) {
      for (var i = local; i < ROWS * DEPTH / 4; i += WORKGROUP) {
        let row = i / (DEPTH / 4);
        let column = i % (DEPTH / 4) * 4;
        var quad = vec4f();
        if (firstRow + row < endRow) {
          quad = x[(firstRow + row) * pitch + (k + column) / 4];
          if (HALVES) { quad *= scaleOf(row); }
        }
        for (var j = 0u; j < 4; j++) { left[row * STRIDE + column + j] = Component(quad[j]); }
      }
      for (var i = local; i < COLUMNS * DEPTH / 8; i += WORKGROUP) {
        let row = i % COLUMNS;
        let column = i / COLUMNS * 8;
        let panel = min((firstColumn + row) / PANEL, lastPanel);
        let octet = weights8(loadGroup(panel * groups + k / 32, row % PANEL), (k + column) % 32 / 8) * WEIGHT_SCALE;
        for (var j = 0u; j < 8; j++) { right[row * STRIDE + column + j] = Component(octet[j / 4][j % 4]); }
      }
      workgroupBarrier();
      if (own < UNITS) {
        for (var at = 0u; at < DEPTH; at += K) {
          var w = array<Right, UNIT_COLUMNS / N>();
          for (var c = 0u; c < UNIT_COLUMNS / N; c++) {
            let corner = (own % 2 * UNIT_COLUMNS + c * N) * STRIDE + at;
            w[c] = subgroupMatrixLoad<Right, col_major>(&right, corner, STRIDE);
          }
          for (var r = 0u; r < UNIT_ROWS / M; r++) {
            let corner = (own / 2 * UNIT_ROWS + r * M) * STRIDE + at;
            let rows = subgroupMatrixLoad<Left, row_major>(&left, corner, STRIDE);
            for (var c = 0u; c < UNIT_COLUMNS / N; c++) {
              sums[r][c] = subgroupMatrixMultiplyAccumulate(rows, w[c], sums[r][c]);
            }
          }
        }
      }
      workgroupBarrier();
    }

    // Matrices can only be stored whole, and y may end within one: they go by way of workgroup memory, a block of four
    // units at a time, which is what it has room for.
    for (var r = 0u; r < UNIT_ROWS / M; r++) {
      for (var c = 0u; c < UNIT_COLUMNS / N; c++) {
        for (var half = 0u; half < UNITS; half += UNITS / 2) {
          if (own >= half && own < half + UNITS / 2) {
            subgroupMatrixStore<row_major>(&blocks, (own - half) * M * N, sums[r][c], N);
          }
          workgroupBarrier();
          for (var i = local; i < UNITS / 2 * M * N; i += WORKGROUP) {
            let unit = half + i / (M * N);
            let row = unit / 2 * UNIT_ROWS + r * M + i / N % M;
            let n = firstColumn + unit % 2 * UNIT_COLUMNS + c * N + i % N;
            if (unit >= firstUnit && unit < firstUnit + subgroups && firstRow + row < endRow && n < params.rows) {
              var sum = blocks[i];
              if (HALVES) { sum *= inverseScaleOf(row); }
              y[(firstRow + row) * params.pitch + params.offset + n] = sum;
            }
          }
          workgroupBarrier();
        }
      }
    }
  }
}
