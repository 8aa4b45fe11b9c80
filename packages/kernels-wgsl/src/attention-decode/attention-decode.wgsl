// partials[n, s] = sum over visible j of split s of w[n, j] * v[j], and sum of w[n, j]
// w[n, j] = exp(softcap * tanh(q[n] . k[j] * scale / softcap))
//
// One row at position p = start, which sees keys p - window < j <= p (all j <= p when window is 0) in slot j % capacity.
// Query head n reads kv head n / group, group = heads / kvHeads. The visible keys are shared out over the splits in runs
// of whole tiles, so that a short context keeps to few of them; attention-merge adds the splits up.
//
// A workgroup takes one split and up to four heads of one kv head, in the components of a vec4: K and V are read once.
// For q . k, eight invocations share a key, so that they read consecutive addresses; for the weighted sum of v, an
// invocation has one vec4 of the head's dimensions, and those left over take further keys. Everything is f32.
#if ${f16}
enable f16;
alias Cached = vec4h;
#else
alias Cached = vec4f;
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

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> qkv: array<vec4f>;             // q [heads, headDim] first
@group(0) @binding(2) var<storage, read> keys: array<Cached>;           // [kvHeads, capacity, headDim]
@group(0) @binding(3) var<storage, read> values: array<Cached>;         // [kvHeads, capacity, headDim]
@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;  // [heads, splits, headDim + 4]
@group(0) @binding(5) var<uniform> params: Params;

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

  let part = local % PARTS;
  let lane = local / PARTS;
  let dim = local % dims;
  let run = local / dims;
  let runs = WORKGROUP / dims;
  let lastHead = firstHead + headCount - 1;
  let query0 = firstHead * dims;
  let query1 = min(firstHead + 1, lastHead) * dims;
  let query2 = min(firstHead + 2, lastHead) * dims;
  let query3 = min(firstHead + 3, lastHead) * dims;

  var total = vec4f();
  var attended: mat4x4f;  // column i: of weight * v, for head i
  for (var tileKey = splitKey; tileKey < splitEnd; tileKey += KEYS) {
    let count = min(KEYS, splitEnd - tileKey);
    let slot = tileKey % params.capacity;

    let row0 = cacheRow(kvHead, slot, min(lane, count - 1));
    let row1 = cacheRow(kvHead, slot, min(lane + KEY_LANES, count - 1));
    let row2 = cacheRow(kvHead, slot, min(lane + 2 * KEY_LANES, count - 1));
    let row3 = cacheRow(kvHead, slot, min(lane + 3 * KEY_LANES, count - 1));
    var score0 = vec4f();  // of key `lane`, a component a head
    var score1 = vec4f();  // of key lane + KEY_LANES, and so on
    var score2 = vec4f();
    var score3 = vec4f();
    for (var d = part; d < dims; d += PARTS) {
      let queries = mat4x4f(qkv[query0 + d], qkv[query1 + d], qkv[query2 + d], qkv[query3 + d]);
      score0 += vec4f(keys[row0 + d]) * queries;
      score1 += vec4f(keys[row1 + d]) * queries;
      score2 += vec4f(keys[row2 + d]) * queries;
      score3 += vec4f(keys[row3 + d]) * queries;
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
        attended += outer(vec4f(values[cacheRow(kvHead, slot, key) + dim]), weight);
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

fn partialRow(head: u32, split: u32) -> u32 {
  return (head * params.splits + split) * (params.headDim / 4 + 1);
}
