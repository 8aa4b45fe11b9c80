// y[b, offset + n] = sum over k of W[n, k] * x[b, k]
//
// One workgroup multiplies 16 rows of x by 4 * WORKGROUP rows of W. An invocation has 4 rows of W to itself, so their
// weights are dequantised in registers and never stored, and 64 sums. All invocations need the same x at the same time: a
// broadcast from the cache, or with subgroups of 8 or more one read for 8 rows of x that are then passed round. So there
// is no workgroup memory, hence no barrier; and no f16 variant, since halves would only make x smaller, which is not what
// is waited for, and cost accuracy.
#if ${subgroups}
enable subgroups;
#endif

#include "../common/product.wgsl"

override WORKGROUP: u32 = 64;  // a multiple of 8

// sums[b] += quads `first` and `first + 1` of x, b rows of `pitch` quads further, times `w0` and `w1`: the columns of four
// rows of W. Rows past the last of x are not read; their sums are never written.
fn multiply(
  sums: ptr<function, array<vec4f, 8>>,
  first: u32,
  last: u32,
  pitch: u32,
  w0: mat4x4f,
  w1: mat4x4f,
  subgroupLane: u32,
  subgroupSize: u32,
) {
#if ${subgroups}
  let own = min(first + min(subgroupLane, 7) * pitch, last);
  let own0 = x[own];
  let own1 = x[own + 1];
#endif
  for (var b = 0u; b < 8; b++) {
    let at = min(first + b * pitch, last);
#if ${subgroups}
    var x0 = subgroupShuffle(own0, b);
    var x1 = subgroupShuffle(own1, b);
    if (subgroupSize < 8) {
      x0 = x[at];
      x1 = x[at + 1];
    }
#else
    let x0 = x[at];
    let x1 = x[at + 1];
#endif
    let sum = fma(w0[0], x0.xxxx, fma(w0[1], x0.yyyy, fma(w0[2], x0.zzzz, fma(w0[3], x0.wwww, (*sums)[b]))));
    (*sums)[b] = fma(w1[0], x1.xxxx, fma(w1[1], x1.yyyy, fma(w1[2], x1.zzzz, fma(w1[3], x1.wwww, sum))));
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) tile: vec3u,
  @builtin(local_invocation_index) local: u32,
#if ${subgroups}
  @builtin(subgroup_size) subgroupSize: u32,
  @builtin(subgroup_invocation_id) subgroupLane: u32,
#endif
) {
#if ${subgroups}
#else
  let subgroupSize = 1u;
  let subgroupLane = 0u;
#endif
  let firstRow = tile.x * 16;
  let endRow = min(min(params.batch, step.rows), firstRow + 16);
  if (firstRow >= endRow) { return; }
  let groups = (params.columns + 31) / 32;
  let pitch = groups * 8;
  let lane = local % PANEL;
  let panels = WORKGROUP / PANEL;
  let panel = tile.y * panels * 4 + local / PANEL;  // and every `panels`-th after it
  let lastPanel = (params.rows - 1) / PANEL;

  var upper: array<vec4f, 8>;  // the tile's first 8 rows; a component a row of W
  var lower: array<vec4f, 8>;
  for (var i = 0u; i < groups; i++) {
    let group0 = loadGroup(min(panel, lastPanel) * groups + i, lane);
    let group1 = loadGroup(min(panel + panels, lastPanel) * groups + i, lane);
    let group2 = loadGroup(min(panel + 2 * panels, lastPanel) * groups + i, lane);
    let group3 = loadGroup(min(panel + 3 * panels, lastPanel) * groups + i, lane);
    for (var octet = 0u; octet < 4; octet++) {
      let w = array(
        weights8(group0, octet),
        weights8(group1, octet),
        weights8(group2, octet),
        weights8(group3, octet),
      );
      let w0 = transpose(mat4x4f(w[0][0], w[1][0], w[2][0], w[3][0]));
      let w1 = transpose(mat4x4f(w[0][1], w[1][1], w[2][1], w[3][1]));
      let first = firstRow * pitch + i * 8 + 2 * octet;
      let last = (endRow - 1) * pitch + i * 8 + 2 * octet;
      multiply(&upper, first, last, pitch, w0, w1, subgroupLane, subgroupSize);
      multiply(&lower, first + 8 * pitch, last, pitch, w0, w1, subgroupLane, subgroupSize);
    }
  }
  // Sums move down a place for each row that is written: registers have no addresses, and a store for each of them would
  // be most of the code.
  for (var row = firstRow; row < endRow; row++) {
    for (var r = 0u; r < 4; r++) {
      let n = (panel + r * panels) * PANEL + lane;
      if (n < params.rows) { y[row * params.pitch + params.offset + n] = upper[0][r]; }
    }
    for (var b = 1u; b < 8; b++) { upper[b - 1] = upper[b]; }
    upper[7] = lower[0];
    for (var b = 1u; b < 8; b++) { lower[b - 1] = lower[b]; }
  }
}
