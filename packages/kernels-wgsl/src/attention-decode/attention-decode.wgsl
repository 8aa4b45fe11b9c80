// partials[n, s] = sum over visible j of split s of w[n, j] * v[j], and sum of w[n, j]
// w[n, j] = exp(softcap * tanh(q[n] . k[j] * scale / softcap))
//
// One row at position p = start, which sees keys p - window < j <= p (all j <= p when window is 0) in slot j % capacity.
// The row comes as the projections leave it: q and k are rotated here, and k and v join the cache. The split that has p
// takes them from `qkv`, because no other workgroup of a dispatch would see them in the cache.
// Query head n reads kv head n / group, group = heads / kvHeads. The visible keys are shared out over the splits in runs
// of whole tiles, so that a short context keeps to few of them; attention-merge adds the splits up.
//
// A workgroup takes one split and up to two heads of one kv head, which is all that a Gemma 2 has: K and V are read once.
// For q . k, eight invocations share a key, those of a panel read consecutive addresses; for the weighted sum of v, an
// invocation has one vec4 of the head's dimensions, and those left over take further keys. Everything is f32.
#if ${f16}
enable f16;
alias Cached = vec4h;
// Compilers drop a conversion there and back.
fn asCached(v: vec4f) -> vec4f { return quantizeToF16(v); }
#else
alias Cached = vec4f;
fn asCached(v: vec4f) -> vec4f { return v; }
#endif

struct Params {
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  capacity: u32,
  window: u32,
  scale: f32,
  softcap: f32,
  splits: u32,
}

// Little workgroup memory: what a driver spends to clear it (SwiftShader) is spent by idle splits too.
const HEADS = 2u;
const PARTS = 8u;            // of a key
const KEY_LANES = 8u;
const KEYS = 4 * KEY_LANES;  // of a tile
const WORKGROUP = PARTS * KEY_LANES;

#include "../common/step.wgsl"
#include "../common/attention.wgsl"
#include "../common/kv-cache.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> rotations: array<vec2f>;       // [positions, headDim / 2] (cos, sin)
@group(0) @binding(2) var<storage, read> qkv: array<f32>;               // q [heads, headDim], k and v [kvHeads, headDim]
@group(0) @binding(3) var<storage, read_write> keys: array<Cached>;     // [kvHeads, capacity / 8, headDim / 4, 8] of four
@group(0) @binding(4) var<storage, read_write> values: array<Cached>;   // [kvHeads, capacity, headDim]
@group(0) @binding(5) var<storage, read_write> partials: array<vec4f>;  // [heads, splits, headDim + 4]
@group(0) @binding(6) var<uniform> params: Params;

var<workgroup> queries: array<vec4f, HEADS * WORKGROUP>;  // [headDim / 4][HEADS]
// Of q . k, [PARTS, KEYS / 2]: two keys' that are KEY_LANES apart, each of both heads. At the end of v, [HEADS, WORKGROUP].
var<workgroup> sums: array<vec4f, HEADS * WORKGROUP>;
var<workgroup> weights: array<vec2f, WORKGROUP>;  // [KEYS], a component a head; at the end their totals, [runs]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = params.heads / params.kvHeads;
  let pairs = (group + HEADS - 1) / HEADS;
  let kvHead = id.x / pairs;
  let firstHead = kvHead * group + id.x % pairs * HEADS;
  let headCount = min(HEADS, (kvHead + 1) * group - firstHead);
  let split = id.y;
  let dims = params.headDim / 4;

  let firstKey = firstVisible(step.start, params.window);
  let end = step.start + 1;
  let keyRun = splitRun(firstKey, end, split, params.splits, KEYS);
  let splitKey = keyRun.x;
  let splitEnd = keyRun.y;
  if (splitKey >= end) {
    if (local < headCount) { partials[partialRow(firstHead + local, split) + dims] = vec4f(); }
    return;
  }

  let lane = local % KEY_LANES;
  let part = local / KEY_LANES;
  let partDims = (dims + PARTS - 1) / PARTS;  // side by side: a CPU's caches read ahead
  let dim = local % dims;
  let run = local / dims;
  let runs = WORKGROUP / dims;
  for (var i = local; i < headCount * dims; i += WORKGROUP) {
    queries[HEADS * (i % dims) + i / dims] = rotated(firstHead + i / dims, i % dims);
  }
  workgroupBarrier();

  var total = vec2f();
  var attended: mat2x4f;  // column i: of weight * v, for head i
  let cachedEnd = min(splitEnd, step.start);
  for (var tileKey = splitKey; tileKey < cachedEnd; tileKey += KEYS) {
    let count = min(KEYS, cachedEnd - tileKey);
    let slot = tileKey % params.capacity;

    let key0 = keyAt(cacheSlot(kvHead, slot, min(lane, count - 1)));
    let key1 = keyAt(cacheSlot(kvHead, slot, min(lane + KEY_LANES, count - 1)));
    let key2 = keyAt(cacheSlot(kvHead, slot, min(lane + 2 * KEY_LANES, count - 1)));
    let key3 = keyAt(cacheSlot(kvHead, slot, min(lane + 3 * KEY_LANES, count - 1)));
    var score0 = vec2f();  // of key `lane`, a component a head
    var score1 = vec2f();  // of key lane + KEY_LANES, and so on
    var score2 = vec2f();
    var score3 = vec2f();
    for (var d = part * partDims; d < min((part + 1) * partDims, dims); d++) {
      let query = queriesAt(d);
      score0 += vec4f(keys[key0 + d * KEY_PANEL]) * query;
      score1 += vec4f(keys[key1 + d * KEY_PANEL]) * query;
      score2 += vec4f(keys[key2 + d * KEY_PANEL]) * query;
      score3 += vec4f(keys[key3 + d * KEY_PANEL]) * query;
    }
    sums[part * KEYS / 2 + lane] = vec4f(score0, score1);
    sums[part * KEYS / 2 + lane + KEY_LANES] = vec4f(score2, score3);
    workgroupBarrier();
    if (local < KEYS / 2) {
      var score = vec4f();
      for (var i = local; i < PARTS * KEYS / 2; i += KEYS / 2) { score += sums[i]; }
      let weight = weightOf(score * params.scale, params.softcap);
      let key = local + local / KEY_LANES * KEY_LANES;
      weights[key] = weight.xy;
      weights[key + KEY_LANES] = weight.zw;
    }
    workgroupBarrier();

    if (run < runs) {
      for (var key = run; key < count; key += runs) {
        let weight = weights[key];
        total += weight;
        attended += outer(vec4f(values[valueAt(cacheSlot(kvHead, slot, key)) + dim]), weight);
      }
    }
  }

  if (splitEnd == end) {
    let cached = cacheSlot(kvHead, step.start % params.capacity, 0);
    let key = asCached(rotated(params.heads + kvHead, dim));
    let value = asCached(projected(params.heads + params.kvHeads + kvHead, dim));
    if (run == 0) { sums[dim] = vec4f(key * queriesAt(dim), 0, 0); }
    workgroupBarrier();
    if (run == 0) {
      var score = vec4f();
      for (var d = 0u; d < dims; d++) { score += sums[d]; }
      let weight = weightOf(score * params.scale, params.softcap).xy;
      total += weight;
      attended += outer(value, weight);
      if (firstHead == kvHead * group) {
        keys[keyAt(cached) + dim * KEY_PANEL] = Cached(key);
        values[valueAt(cached) + dim] = Cached(value);
      }
    }
  }

  workgroupBarrier();
  if (run < runs) {
    if (dim == 0) { weights[run] = total; }
    for (var i = 0u; i < HEADS; i++) { sums[i * WORKGROUP + local] = attended[i]; }
  }
  workgroupBarrier();
  for (var i = local; i < headCount * dims; i += WORKGROUP) {
    let head = i / dims;
    var sum = vec4f();
    for (var j = i % dims; j < runs * dims; j += dims) { sum += sums[head * WORKGROUP + j]; }
    partials[partialRow(firstHead + head, split) + i % dims] = sum;
  }
  if (local < headCount) {
    var sum = 0.0;
    for (var i = 0u; i < runs; i++) { sum += weights[i][local]; }
    partials[partialRow(firstHead + local, split) + dims] = vec4f(sum, 0, 0, 0);
  }
}

// A column a head; zeros where there is one.
fn queriesAt(dim: u32) -> mat2x4f {
  return mat2x4f(queries[HEADS * dim], queries[HEADS * dim + 1]);
}

// Column i is v * weights[i].
fn outer(v: vec4f, weights: vec2f) -> mat2x4f {
  return mat2x4f(v * weights.x, v * weights.y);
}

// Four dimensions of a head of `qkv`: of q, k and v in turn.
fn projected(head: u32, dim: u32) -> vec4f {
  let i = head * params.headDim + 4 * dim;
  return vec4f(qkv[i], qkv[i + 1], qkv[i + 2], qkv[i + 3]);
}

// The same, turned to the position of the row. Dimension i turns with i + headDim / 2.
fn rotated(head: u32, dim: u32) -> vec4f {
  let half = params.headDim / 2;
  let row = head * params.headDim;
  var turned: vec4f;
  for (var c = 0u; c < 4; c++) {
    let i = 4 * dim + c;
    let turn = rotations[step.start * half + i % half];
    let other = qkv[row + (i + half) % params.headDim];
    turned[c] = qkv[row + i] * turn.x + select(other, -other, i < half) * turn.y;
  }
  return turned;
}

fn partialRow(head: u32, split: u32) -> u32 {
  return (head * params.splits + split) * (params.headDim / 4 + 1);
}
