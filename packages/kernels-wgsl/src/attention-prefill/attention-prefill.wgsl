// y[r, n] = sum over visible j of softmax over j of (softcap * tanh(q[r, n] . k[j] * scale / softcap)) * v[j]
//
// Row r is position p = start + r and sees keys p - window < j <= p (all j <= p when window is 0), which lie in slot
// j % capacity. Query head n reads kv head n / group, group = heads / kvHeads.
//
// A workgroup takes QUERIES queries of one kv head, those of a row's `group` heads one after the other, and goes through
// the keys that any of them sees in tiles: those outside the window are never read. For q . k, an invocation has four
// queries and two keys, from tiles in workgroup memory; for the weighted sum of v, eight queries and one vec4 of the
// head's dimensions. Everything is f32.
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
}

override QUERIES: u32 = 16;
override QUADS: u32 = QUERIES / 4;
override WORKGROUP: u32 = QUADS * LANES;
const LANES = 32u;
const KEYS = 2 * LANES;       // of a tile
const KEY_STRIDE = KEYS + 1;  // odd, so that the lanes that fill a column use different banks
const SLICE = 8u;             // vec4s of q and k that are in workgroup memory at a time
const DIMS = 64u;             // the most vec4s a head has

#include "../common/step.wgsl"
#include "../common/attention.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;      // [rows, pitch], q [heads, headDim] first
@group(0) @binding(2) var<storage, read> keys: array<Cached>;    // [kvHeads, capacity, headDim]
@group(0) @binding(3) var<storage, read> values: array<Cached>;  // [kvHeads, capacity, headDim]
@group(0) @binding(4) var<storage, read_write> y: array<vec4f>;  // [rows, yPitch]
@group(0) @binding(5) var<uniform> params: Params;

var<workgroup> queryTile: array<vec4f, SLICE * QUERIES>;  // [SLICE, QUERIES]
var<workgroup> keyTile: array<vec4f, SLICE * KEY_STRIDE>; // [SLICE, KEY_STRIDE]
var<workgroup> weights: array<vec4f, KEYS * QUADS>;       // [KEYS, QUADS]; at the end the lanes' totals, [QUADS, LANES]

// Queries of a kv head are numbered row by row. Past the last live one, the last row stands in.
fn rowOf(query: u32) -> u32 {
  return min(query * params.kvHeads / params.heads, step.rows - 1);
}

fn headOf(query: u32, kvHead: u32) -> u32 {
  let group = params.heads / params.kvHeads;
  return kvHead * group + query % group;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) local: u32) {
  let kvHead = tile.y;
  let firstQuery = tile.x * QUERIES;
  if (firstQuery * params.kvHeads >= step.rows * params.heads) { return; }
  let firstKey = firstVisible(step.start + rowOf(firstQuery), params.window);
  let endKey = step.start + rowOf(firstQuery + QUERIES - 1) + 1;
  let dims = params.headDim / 4;

  let quad = local / LANES;
  let lane = local % LANES;
  let query = firstQuery + 4 * quad;
  let lastVisible = step.start + vec4u(rowOf(query), rowOf(query + 1), rowOf(query + 2), rowOf(query + 3));
  let octet = local / DIMS;
  let dim = local % DIMS;

  var total = vec4f();  // of the weights of this lane's keys
  var sumA: mat4x4f;    // column i: of weight * v, for query i of the octet
  var sumB: mat4x4f;    // of query 4 + i
  for (var tileKey = firstKey; tileKey < endKey; tileKey += KEYS) {
    let count = min(KEYS, endKey - tileKey);
    let slot = tileKey % params.capacity;

    var scoreA = vec4f();
    var scoreB = vec4f();
    for (var slice = 0u; slice < dims; slice += SLICE) {
      let column = local % SLICE;
      if (slice + column < dims) {
        let i = local / SLICE;
        let queryRow = rowOf(firstQuery + i) * (params.pitch / 4) + headOf(firstQuery + i, kvHead) * dims;
        queryTile[column * QUERIES + i] = params.scale * qkv[queryRow + slice + column];
        for (var key = 0u; key < KEYS; key += QUERIES) {
          let row = cacheRow(kvHead, slot, min(key + i, count - 1));
          keyTile[column * KEY_STRIDE + key + i] = vec4f(keys[row + slice + column]);
        }
      }
      workgroupBarrier();
      // From `slice`, not from 0: a driver that unrolls loops of known length (Mesa) takes seconds to compile this one.
      for (var d = slice; d < min(slice + SLICE, dims); d++) {
        let q = (d - slice) * QUERIES + 4 * quad;
        let k = (d - slice) * KEY_STRIDE + lane;
        let queries = mat4x4f(queryTile[q], queryTile[q + 1], queryTile[q + 2], queryTile[q + 3]);
        scoreA += keyTile[k] * queries;
        scoreB += keyTile[k + LANES] * queries;
      }
      workgroupBarrier();
    }
    let weightA = visibleWeight(scoreA, tileKey + lane, lastVisible);
    let weightB = visibleWeight(scoreB, tileKey + lane + LANES, lastVisible);
    total += weightA + weightB;
    weights[lane * QUADS + quad] = weightA;
    weights[(lane + LANES) * QUADS + quad] = weightB;
    workgroupBarrier();

    if (dim < dims) {
      for (var key = 0u; key < count; key++) {
        let v = vec4f(values[cacheRow(kvHead, slot, key) + dim]);
        sumA += outer(v, weights[key * QUADS + 2 * octet]);
        sumB += outer(v, weights[key * QUADS + 2 * octet + 1]);
      }
    }
  }

  workgroupBarrier();
  weights[local] = total;
  workgroupBarrier();
  if (dim < dims) {
    store(firstQuery + 8 * octet, kvHead, dim, sumA, totalOf(2 * octet));
    store(firstQuery + 8 * octet + 4, kvHead, dim, sumB, totalOf(2 * octet + 1));
  }
}

fn visibleWeight(score: vec4f, key: u32, lastVisible: vec4u) -> vec4f {
  let age = lastVisible - key;  // huge for a key that is yet to come
  let visible = (age <= lastVisible) & (age < vec4u(select(params.window, 0xffffffff, params.window == 0)));
  return select(vec4f(), weightOf(score, params.softcap), visible);
}

fn totalOf(quad: u32) -> vec4f {
  var total = vec4f();
  for (var i = quad * LANES; i < (quad + 1) * LANES; i++) { total += weights[i]; }
  return total;
}

fn store(firstQuery: u32, kvHead: u32, dim: u32, sums: mat4x4f, totals: vec4f) {
  for (var i = 0u; i < 4; i++) {
    let query = firstQuery + i;
    if (query * params.kvHeads >= step.rows * params.heads) { return; }
    y[rowOf(query) * (params.yPitch / 4) + headOf(query, kvHead) * (params.headDim / 4) + dim] = sums[i] / totals[i];
  }
}
