// y[b, offset + n] = sum over k of W[n, k] * x[b, k], for at most 8 rows of x
//
// What limits it is what limits matvec, the bytes of W, so as there the columns are cut into slices: many invocations wait
// for memory at the same time. What limits it next is reading x, so as in matmul an invocation has four rows of W, which
// are dequantised in registers, and the sums of all rows of x; with subgroups of 8 or more, the invocations of a slice read
// x once for all of them and pass it round. The second half of the rows of x costs nothing when none of them is live.
#if ${subgroups}
enable subgroups;
#endif

#include "../common/product.wgsl"
#if ${subgroups}
#include "../common/eights.wgsl"
#endif

override WORKGROUP: u32 = 128;    // a multiple of 8
override SLICES = WORKGROUP / 8;  // of the columns
override SHARES = 4 * WORKGROUP;

var<workgroup> partialSums: array<vec4f, SHARES>;  // [row of x][slice][lane], a component a panel

// sums[b] += quads `first` and `first + 1` of x, b rows of `pitch` quads further, times `w0` and `w1`: the columns of four
// rows of W. Rows past the last of x are not read; their sums are never written.
fn multiply(
  sums: ptr<function, array<vec4f, 4>>,
  first: u32,
  last: u32,
  pitch: u32,
  w0: mat4x4f,
  w1: mat4x4f,
  subgroupLane: u32,
  together: bool,
) {
  var x0: array<vec4f, 4>;
  var x1: array<vec4f, 4>;
#if ${subgroups}
  let own = x[min(first + (subgroupLane & 3) * pitch, last) + ((subgroupLane & 7) >> 2)];
  for (var b = 0u; b < 4; b++) {
    x0[b] = subgroupShuffle(own, (subgroupLane & ~7u) + b);
    x1[b] = subgroupShuffle(own, (subgroupLane & ~7u) + 4 + b);
  }
#endif
  if (!together) {
    for (var b = 0u; b < 4; b++) {
      let at = min(first + b * pitch, last);
      x0[b] = x[at];
      x1[b] = x[at + 1];
    }
  }
  for (var b = 0u; b < 4; b++) {
    let sum = fma(w0[0], x0[b].xxxx, fma(w0[1], x0[b].yyyy, fma(w0[2], x0[b].zzzz, fma(w0[3], x0[b].wwww, (*sums)[b]))));
    (*sums)[b] = fma(w1[0], x1[b].xxxx, fma(w1[1], x1[b].yyyy, fma(w1[2], x1[b].zzzz, fma(w1[3], x1[b].wwww, sum))));
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
  let together = inEights(local, subgroupLane, subgroupSize);
#else
  let subgroupLane = 0u;
  let together = false;
#endif
  let live = min(params.batch, step.rows);
  if (live == 0) { return; }
  let groups = (params.columns + 31) / 32;
  let pitch = groups * 8;
  let lane = local % PANEL;
  let slice = local / PANEL;
  let lastPanel = (params.rows - 1) / PANEL;
  let panels = min(vec4u(tile.x * 4) + vec4u(0, 1, 2, 3), vec4u(lastPanel)) * groups;

  var upper: array<vec4f, 4>;
  var lower: array<vec4f, 4>;
  for (var begin = 0u; begin < groups; begin += SLICES) {
    let i = min(begin + slice, groups - 1);
    let group0 = loadGroup(panels.x + i, lane);
    let group1 = loadGroup(panels.y + i, lane);
    let group2 = loadGroup(panels.z + i, lane);
    let group3 = loadGroup(panels.w + i, lane);
    let within = select(0.0, 1.0, begin + slice < groups);
    for (var octet = 0u; octet < 4; octet++) {
      let w = array(
        weights8(group0, octet),
        weights8(group1, octet),
        weights8(group2, octet),
        weights8(group3, octet),
      );
      let w0 = transpose(mat4x4f(w[0][0], w[1][0], w[2][0], w[3][0])) * within;
      let w1 = transpose(mat4x4f(w[0][1], w[1][1], w[2][1], w[3][1])) * within;
      let first = i * 8 + 2 * octet;
      let last = (live - 1) * pitch + first;
      multiply(&upper, first, last, pitch, w0, w1, subgroupLane, together);
      if (live > 4) { multiply(&lower, first + 4 * pitch, last, pitch, w0, w1, subgroupLane, together); }
    }
  }
  // Four rows of x at a time, or 256 invocations would need more workgroup memory than there is.
  for (var firstRow = 0u; firstRow < live; firstRow += 4) {
    for (var b = 0u; b < 4; b++) { partialSums[b * WORKGROUP + local] = select(lower[b], upper[b], firstRow == 0); }
    workgroupBarrier();
    for (var b = slice; b < min(4, live - firstRow); b += SLICES) {
      var sum = vec4f();
      for (var s = 0u; s < SLICES; s++) { sum += partialSums[b * WORKGROUP + s * PANEL + lane]; }
      for (var p = 0u; p < 4; p++) {
        let n = (tile.x * 4 + p) * PANEL + lane;
        if (n < params.rows) { y[(firstRow + b) * params.pitch + params.offset + n] = sum[p]; }
      }
    }
    workgroupBarrier();
  }
}
