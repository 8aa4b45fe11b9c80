// partials[g] = (order key of m, sum over block g of exp(softcapped(logit) - softcapped(m))), then (order key, id) of the
// block's `top` largest logits, m being the largest of them
//
// The first half of logprobs: wide over the vocabulary. Of equal logits, the one with the lowest id comes first. Where a
// block has fewer than `top` numbers, pairs are (NO_KEY, NO_ID).
#if ${subgroups}
enable subgroups;
requires subgroup_id;
#endif

struct Params {
  width: u32,
  top: u32,
  softcap: f32,  // 0: none, or already applied
}

override WORKGROUP: u32 = 256;
override BLOCK: u32 = 4096;

@group(0) @binding(0) var<storage, read> logits: array<f32>;             // [width]
@group(0) @binding(1) var<storage, read_write> partials: array<Best>;    // [ceil(width / BLOCK), 1 + top]
@group(0) @binding(2) var<uniform> params: Params;

#include "../common/order.wgsl"
#include "../common/best.wgsl"
#include "../common/reduce.wgsl"
#include "../common/softcap.wgsl"

fn logitOf(key: u32) -> f32 {
  return softcapped(keyValue(key), params.softcap);
}

@compute @workgroup_size(WORKGROUP)
fn main(workgroup: Workgroup, invocation: Invocation) {
  let start = workgroup.id.x * BLOCK + invocation.index;
  let end = min((workgroup.id.x + 1u) * BLOCK, params.width);
  let partial = workgroup.id.x * (1u + params.top);

  var largest = NO_KEY;
  for (var id = start; id < end; id += WORKGROUP) { largest = max(largest, orderKey(logits[id])); }
  largest = workgroupBest(Best(largest, NO_ID), invocation.index).key;
  var sum = 0.0;
  for (var id = start; id < end; id += WORKGROUP) {
    let key = orderKey(logits[id]);
    if (key != NO_KEY) { sum += exp(logitOf(key) - logitOf(largest)); }
  }
  sum = workgroupSum(sum, workgroup, invocation);
  if (invocation.index == 0u) { partials[partial] = Best(largest, bitcast<u32>(sum)); }

  var last = Best(NO_ID, 0u);  // before all
  for (var place = 1u; place <= params.top; place++) {
    var mine = Best(NO_KEY, NO_ID);
    for (var id = start; id < end; id += WORKGROUP) {
      let key = orderKey(logits[id]);
      if (key > mine.key && comesAfter(Best(key, id), last)) { mine = Best(key, id); }
    }
    last = workgroupBest(mine, invocation.index);
    if (invocation.index == 0u) { partials[partial + place] = last; }
  }
}
