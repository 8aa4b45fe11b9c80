// partials[n, s] = sum over visible j of split s of w[n, j] * v[j], and sum of w[n, j]
// w[n, j] = exp(softcap * tanh(q[n] . k[j] * scale / softcap))
//
// One row at position p = start, which sees keys p - window < j <= p (all j <= p when window is 0) in slot j % capacity.
// The row comes as the projections leave it: q and k are rotated here, and k and v join the cache. The split that has p
// takes them from `qkv`, because no other workgroup of a dispatch would see them in the cache.
// Query head n reads kv head n / group, group = heads / kvHeads. The visible keys are shared out over the splits in runs
// of whole tiles, so that a short context keeps to few of them; attention-merge adds the splits up.
//
// A workgroup takes one split and up to four heads of one kv head, in the components of a vec4: K and V are read once.
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

var<workgroup> queries: array<vec4f, 4 * WORKGROUP>;  // [headDim / 4][4 heads]
var<workgroup> sums: array<vec4f, PARTS * KEYS>;  // of q . k, [PARTS, KEYS]; at the end of v, [4, WORKGROUP]
var<workgroup> weights: array<vec4f, WORKGROUP>;  // [KEYS]; at the end their totals, [runs]

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) local: u32) {
  let group = params.heads / params.kvHeads;
  let quads = (group + 3) / 4;
  let kvHead = id.x / quads;
  let firstHead = kvHead * group + id.x % quads * 4;
  let headCount = min(4, (kvHead + 1) * group - firstHead);
  let split = id.y;
  let dims = params.headDim / 4;

  let firstKey = firstVisible(step.start, params.window);
  let end = step.start + 1;
  let tile = params.splits * KEYS;
  let share = (end - firstKey + tile - 1) / tile * KEYS;
  let splitKey = firstKey + split * share;
  let splitEnd = min(splitKey + share, end);
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
    queries[4 * (i % dims) + i / dims] = rotated(firstHead + i / dims, i % dims);
  }
  workgroupBarrier();

  var total = vec4f();
  var attended: mat4x4f;  // column i: of weight * v, for head i
  let cachedEnd = min(splitEnd, step.start);
  for (var tileKey = splitKey; tileKey < cachedEnd; tileKey += KEYS) {
    let count = min(KEYS, cachedEnd - tileKey);
    let slot = tileKey % params.capacity;

    let key0 = keyAt(cacheSlot(kvHead, slot, min(lane, count - 1)));
    let key1 = keyAt(cacheSlot(kvHead, slot, min(lane + KEY_LANES, count - 1)));
    let key2 = keyAt(cacheSlot(kvHead, slot, min(lane + 2 * KEY_LANES, count - 1)));
    let key3 = keyAt(cacheSlot(kvHead, slot, min(lane + 3 * KEY_LANES, count - 1)));
    var score0 = vec4f();  // of key `lane`, a component a head
    var score1 = vec4f();  // of key lane + KEY_LANES, and so on
    var score2 = vec4f();
    var score3 = vec4f();
    for (var d = part * partDims; d < min((part + 1) * partDims, dims); d++) {
      let query = queriesAt(d);
      score0 += vec4f(keys[key0 + d * KEY_PANEL]) * query;
      score1 += vec4f(keys[key1 + d * KEY_PANEL]) * query;
      score2 += vec4f(keys[key2 + d * KEY_PANEL]) * query;
      score3 += vec4f(keys[key3 + d * KEY_PANEL]) * query;
    }
    sums[part * KEYS + lane] = score0;
    sums[part * KEYS + lane + KEY_LANES] = score1;
    sums[part * KEYS + lane + 2 * KEY_LANES] = score2;
    sums[part * KEYS + lane + 3 * KEY_LANES] = score3;
    workgroupBarrier();
    if (local < KEYS) {
      var score = vec4f();
      for (var i = local; i < PARTS * KEYS; i += KEYS) { score += sums[i]; }
      weights[local] = weightOf(score * params.scale, params.softcap);
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
    if (run == 0) { sums[dim] = key * queriesAt(dim); }
    workgroupBarrier();
    if (run == 0) {
      var score = vec4f();
      for (var d = 0u; d < dims; d++) { score += sums[d]; }
      let weight = weightOf(score * params.scale, params.softcap);
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
    for (var i = 0u; i < 4; i++) { sums[i * WORKGROUP + local] = attended[i]; }
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

// A column a head; zeros where there are fewer than four.
fn queriesAt(dim: u32) -> mat4x4f {
  return mat4x4f(queries[4 * dim], queries[4 * dim + 1], queries[4 * dim + 2], queries[4 * dim + 3]);
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
