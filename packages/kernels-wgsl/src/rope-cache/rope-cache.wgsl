// A row of `qkv` is q [heads, headDim] | k [kvHeads, headDim] | v [kvHeads, headDim]. Rotates q in place, and writes
// the rotated k and the plain v of position p = start + r to slot p % capacity of the cache.
//
// Element i turns with i + headDim / 2 by the angle p * theta^(-2i / headDim): the table comes from the host, because
// WGSL's sin and cos are coarse at large angles. One invocation a pair.
#if ${f16}
enable f16;
alias Cached = f16;
#else
alias Cached = f32;
#endif

struct Params {
  rows: u32,
  heads: u32,
  kvHeads: u32,
  headDim: u32,
  pitch: u32,
  capacity: u32,
}

override WORKGROUP: u32 = 128;

#include "../common/step.wgsl"
#include "../common/kv-cache.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> rotations: array<vec2f>;     // [positions, headDim / 2] (cos, sin)
@group(0) @binding(2) var<storage, read_write> qkv: array<f32>;       // [rows, pitch]
@group(0) @binding(3) var<storage, read_write> keys: array<Cached>;   // [kvHeads, capacity / 8, headDim / 4, 8, 4]
@group(0) @binding(4) var<storage, read_write> values: array<Cached>; // [kvHeads, capacity, headDim]
@group(0) @binding(5) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let half = params.headDim / 2;
  let row = id.y;
  let head = id.x / half;  // of q, k and v in turn
  let i = id.x % half;
  let firstValue = params.heads + params.kvHeads;
  // Rows that are not live would overwrite slots of the ring that are still seen.
  if (row >= step.rows || head >= firstValue + params.kvHeads) { return; }

  let position = step.start + row;
  let slot = position % params.capacity;
  let at = row * params.pitch + head * params.headDim + i;
  let pair = vec2f(qkv[at], qkv[at + half]);
  if (head >= firstValue) {
    let cached = 4 * valueAt(cacheSlot(head - firstValue, slot, 0)) + i;
    values[cached] = Cached(pair.x);
    values[cached + half] = Cached(pair.y);
    return;
  }
  let turn = rotations[position * half + i];
  let rotated = vec2f(pair.x * turn.x - pair.y * turn.y, pair.y * turn.x + pair.x * turn.y);
  if (head < params.heads) {
    qkv[at] = rotated.x;
    qkv[at + half] = rotated.y;
  } else {
    let cached = keyAt(cacheSlot(head - params.heads, slot, 0));
    keys[keyElement(cached, i)] = Cached(rotated.x);
    keys[keyElement(cached, i + half)] = Cached(rotated.y);
  }
}

fn keyElement(cached: u32, i: u32) -> u32 {
  return 4 * (cached + i / 4 * KEY_PANEL) + i % 4;
}
