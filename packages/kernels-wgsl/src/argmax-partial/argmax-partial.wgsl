// partials[g] = (order key, id) of the largest of block g's logits, the lowest id where several are equal
//
// The first half of argmax: wide over the vocabulary. `argmax` picks among the partials in a dispatch of its own, since
// only the end of a dispatch makes all workgroups' writes visible.
struct Params {
  width: u32,
}

override WORKGROUP: u32 = 256;
override BLOCK: u32 = 2048;

@group(0) @binding(0) var<storage, read> logits: array<f32>;             // [width]
@group(0) @binding(1) var<storage, read_write> partials: array<Best>;    // [ceil(width / BLOCK)]
@group(0) @binding(2) var<uniform> params: Params;

#include "../common/order.wgsl"
#include "../common/best.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let end = min((group.x + 1u) * BLOCK, params.width);
  var mine = Best(NO_KEY, NO_ID);
  for (var id = group.x * BLOCK + local; id < end; id += WORKGROUP) {
    let key = orderKey(logits[id]);
    if (key > mine.key) { mine = Best(key, id); }
  }
  let best = workgroupBest(mine, local);
  if (local == 0u) { partials[group.x] = best; }
}
