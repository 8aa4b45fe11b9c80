// y[r, n] = sum over visible j of softmax over j of (softcap * tanh(q[r, n] . k[j] * scale / softcap)) * v[j]
//
// Row r is position p = start + r and sees keys p - window < j <= p (all j <= p when window is 0), which lie in slot
// j % capacity. Query head n reads kv head n / group, group = heads / kvHeads.
//
// A workgroup takes two octets, each 8 rows of one head, of the same kv head, and goes through the keys that any of them
// sees in tiles: those outside the window are never read. A few rows make a few octets, so the keys can be shared out over
// splits as well, which attention-merge adds up. For q . k, an invocation has two keys to itself and all 16 queries; for the
// weighted sum of v, one vec4 of the head's dimensions and all 16, and those left over take further keys. What all
// invocations need at the same time, queries and weights, is passed round where there are subgroups of 8 or more.
// Everything is f32.
#if ${subgroups}
enable subgroups;
#endif
#if ${f16}
enable f16;
alias Cached = vec4h;
#else
alias Cached = vec4f;
#endif

struct Params {
  rows: u32,
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  pitch: u32,
  yPitch: u32,
  capacity: u32,
  window: u32,
  scale: f32,
  softcap: f32,
  splits: u32,
}

const WORKGROUP = 64u;
const KEYS = 2 * WORKGROUP;   // of a tile
const SPLIT_KEYS = 2 * KEYS;  // at least: what comes after the tiles takes as long as half of one

#include "../common/step.wgsl"
#if ${subgroups}
#include "../common/eights.wgsl"
#endif
#include "../common/attention.wgsl"
#include "../common/kv-cache.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;      // [rows, pitch], q [heads, headDim] first
@group(0) @binding(2) var<storage, read> keys: array<Cached>;    // [kvHeads, capacity / 8, headDim / 4, 8] of four
@group(0) @binding(3) var<storage, read> values: array<Cached>;  // [kvHeads, capacity, headDim]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;  // [rows, yPitch]; in splits as attention-merge reads it
@group(0) @binding(5) var<uniform> params: Params;

// [KEYS][16 queries]; at the end totals, and sums of invocations that had the same dimensions
var<workgroup> weights: array<vec4f, 4 * KEYS>;

// Eight rows of a head. `first` and `last` are where its queries lie in `qkv`.
struct Octet {
  head: u32,
  row: u32,
  first: u32,
  last: u32,
}

fn octetAt(index: u32, kvHead: u32) -> Octet {
  let group = params.heads / params.kvHeads;
  let head = kvHead * group + index % group;
  let row = index / group * 8;
  let column = head * params.headDim / 4;
  return Octet(head, row, row * (params.pitch / 4) + column, (step.rows - 1) * (params.pitch / 4) + column);
}

// scores[b] += q[b] . (k0, k1) over four dimensions.
fn multiply(
  scores: ptr<function, array<vec2f, 8>>,
  first: u32,
  last: u32,
  k0: vec4f,
  k1: vec4f,
  subgroupLane: u32,
  subgroupSize: u32,
) {
  let pitch = params.pitch / 4;
#if ${subgroups}
  let own = qkv[min(first + min(subgroupLane, 7) * pitch, last)];
#endif
  for (var b = 0u; b < 8; b++) {
#if ${subgroups}
    var q = subgroupShuffle(own, b);
    if (subgroupSize < 8) { q = qkv[min(first + b * pitch, last)]; }
#else
    let q = qkv[min(first + b * pitch, last)];
#endif
    let sum = fma(vec2f(k0.x, k1.x), q.xx, fma(vec2f(k0.y, k1.y), q.yy, (*scores)[b]));
    (*scores)[b] = fma(vec2f(k0.z, k1.z), q.zz, fma(vec2f(k0.w, k1.w), q.ww, sum));
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
  let subgroupLane = local;
  let subgroupSize = 1u;
  let together = false;
#endif
  let kvHead = tile.y;
  let octets = (params.rows + 7) / 8 * (params.heads / params.kvHeads);
  let upper = octetAt(2 * tile.x, kvHead);
  let lower = octetAt(min(2 * tile.x + 1, octets - 1), kvHead);
  if (upper.row >= step.rows) { return; }
  let firstKey = firstVisible(step.start + upper.row, params.window);
  let end = step.start + min(lower.row + 8, step.rows);
  let keyRun = splitRun(firstKey, end, tile.z, params.splits, SPLIT_KEYS);
  let dims = params.headDim / 4;
  if (keyRun.x >= end) {
    if (local < 8) {
      storeTotal(upper, local, tile.z, 0);
      storeTotal(lower, local, tile.z, 0);
    }
    return;
  }
  let dim = local % dims;
  let run = local / dims;
  let runs = WORKGROUP / dims;

  var upperSums: array<vec4f, 8>;  // of weight * v
  var lowerSums: array<vec4f, 8>;
  var totals: mat4x4f;  // of the weights of this invocation's keys, a component a query
  for (var tileKey = keyRun.x; tileKey < keyRun.y; tileKey += KEYS) {
    let count = min(KEYS, keyRun.y - tileKey);
    let slot = tileKey % params.capacity;

    let key0 = keyAt(cacheSlot(kvHead, slot, min(local, count - 1)));
    let key1 = keyAt(cacheSlot(kvHead, slot, min(local + WORKGROUP, count - 1)));
    var upperScores = array<vec2f, 8>();
    var lowerScores = array<vec2f, 8>();
    for (var d = 0u; d < dims; d++) {
      let k0 = params.scale * vec4f(keys[key0 + d * KEY_PANEL]);
      let k1 = params.scale * vec4f(keys[key1 + d * KEY_PANEL]);
      multiply(&upperScores, upper.first + d, upper.last + d, k0, k1, subgroupLane, subgroupSize);
      multiply(&lowerScores, lower.first + d, lower.last + d, k0, k1, subgroupLane, subgroupSize);
    }
    workgroupBarrier();
    for (var i = 0u; i < 2; i++) {
      let at = local + i * WORKGROUP;
      let key = tileKey + at;
      let weight = mat4x4f(
        visibleWeight(vec4f(upperScores[0][i], upperScores[1][i], upperScores[2][i], upperScores[3][i]), key, upper.row),
        visibleWeight(vec4f(upperScores[4][i], upperScores[5][i], upperScores[6][i], upperScores[7][i]), key, upper.row + 4),
        visibleWeight(vec4f(lowerScores[0][i], lowerScores[1][i], lowerScores[2][i], lowerScores[3][i]), key, lower.row),
        visibleWeight(vec4f(lowerScores[4][i], lowerScores[5][i], lowerScores[6][i], lowerScores[7][i]), key, lower.row + 4),
      );
      totals += weight;
      for (var c = 0u; c < 4; c++) { weights[at * 4 + c] = weight[c]; }
    }
    workgroupBarrier();

    for (var base = 0u; base < count; base += 8 * runs) {
      let first = base + 8 * run;
#if ${subgroups}
      let own = weightsAt(first + (subgroupLane & 7));
#endif
      for (var b = 0u; b < 8; b++) {
        let v = vec4f(values[valueAt(cacheSlot(kvHead, slot, min(first + b, count - 1))) + dim]);
#if ${subgroups}
        let lane = (subgroupLane & ~7u) + b;
        var w = mat4x4f(
          subgroupShuffle(own[0], lane),
          subgroupShuffle(own[1], lane),
          subgroupShuffle(own[2], lane),
          subgroupShuffle(own[3], lane),
        );
        if (!together || dims % 8 != 0) { w = weightsAt(first + b); }
#else
        let w = weightsAt(first + b);
#endif
        for (var c = 0u; c < 4; c++) {
          upperSums[c] = fma(v, vec4f(w[0][c]), upperSums[c]);
          upperSums[c + 4] = fma(v, vec4f(w[1][c]), upperSums[c + 4]);
          lowerSums[c] = fma(v, vec4f(w[2][c]), lowerSums[c]);
          lowerSums[c + 4] = fma(v, vec4f(w[3][c]), lowerSums[c + 4]);
        }
      }
    }
  }

  workgroupBarrier();
  for (var c = 0u; c < 4; c++) { weights[local * 4 + c] = totals[c]; }
  workgroupBarrier();
  var total = vec4f();
  if (local < 4) {
    for (var i = local; i < 4 * WORKGROUP; i += 4) { total += weights[i]; }
    weights[4 * WORKGROUP + local] = total;
  }
  workgroupBarrier();
  for (var c = 0u; c < 4; c++) { totals[c] = weights[4 * WORKGROUP + c]; }
  workgroupBarrier();
  store(upper, upperSums, totals[0], totals[1], local, tile.z);
  workgroupBarrier();
  store(lower, lowerSums, totals[2], totals[3], local, tile.z);
}

// exp of the capped scores of four rows from `row`, 0 where they do not see the key.
fn visibleWeight(score: vec4f, key: u32, row: u32) -> vec4f {
  let lastVisible = step.start + min(vec4u(row) + vec4u(0, 1, 2, 3), vec4u(step.rows - 1));
  let age = lastVisible - key;  // huge for a key that is yet to come
  let visible = (age <= lastVisible) & (age < vec4u(select(params.window, 0xffffffff, params.window == 0)));
  return select(vec4f(), weightOf(score, params.softcap), visible);
}

fn weightsAt(key: u32) -> mat4x4f {
  if (key >= KEYS) { return mat4x4f(); }
  return mat4x4f(weights[4 * key], weights[4 * key + 1], weights[4 * key + 2], weights[4 * key + 3]);
}

// Where the sums of a split for a row of an octet lie, and after them their total.
fn partialRow(octet: Octet, row: u32, split: u32) -> u32 {
  return ((row * params.heads + octet.head) * params.splits + split) * (params.headDim / 4 + 1);
}

fn storeTotal(octet: Octet, b: u32, split: u32, total: f32) {
  let row = octet.row + b;
  if (row < step.rows) { y[partialRow(octet, row, split) + params.headDim / 4] = vec4f(total, 0, 0, 0); }
}

fn store(octet: Octet, sums: array<vec4f, 8>, total0: vec4f, total1: vec4f, local: u32, split: u32) {
  let dims = params.headDim / 4;
  let runs = WORKGROUP / dims;
  for (var b = 0u; b < 8; b++) { weights[b * WORKGROUP + local] = sums[b]; }
  workgroupBarrier();
  for (var i = local; i < 8 * dims; i += WORKGROUP) {
    let b = i / dims;
    let row = octet.row + b;
    if (row < step.rows) {
      var sum = vec4f();
      for (var run = 0u; run < runs; run++) { sum += weights[b * WORKGROUP + run * dims + i % dims]; }
      let total = select(total1[b & 3], total0[b & 3], b < 4);
      if (params.splits == 1) {
        y[row * (params.yPitch / 4) + octet.head * dims + i % dims] = sum / total;
      } else {
        y[partialRow(octet, row, split) + i % dims] = sum;
        if (i % dims == 0) { storeTotal(octet, b, split, total); }
      }
    }
  }
}
