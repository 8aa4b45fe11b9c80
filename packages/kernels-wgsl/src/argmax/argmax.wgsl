// generated[slot] = tokens[0] = id of the largest logit, the lowest where several are equal; the step moves on
//
// One workgroup over what `argmax-partial` left. If every logit is NaN or -inf, the id is NO_TOKEN.
struct Params {
  count: u32,  // of partials
  ring: u32,   // length of `generated`
}

override WORKGROUP: u32 = 256;

@group(0) @binding(0) var<storage, read> partials: array<Best>;          // [count]
@group(0) @binding(1) var<storage, read_write> step: Step;
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;       // the first is written
@group(0) @binding(3) var<storage, read_write> generated: array<u32>;    // [ring]
@group(0) @binding(4) var<uniform> params: Params;

#include "../common/step.wgsl"
#include "../common/order.wgsl"
#include "../common/best.wgsl"
#include "../common/advance.wgsl"

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  var mine = Best(NO_KEY, NO_ID);
  for (var i = local; i < params.count; i += WORKGROUP) {
    let partial = partials[i];
    if (partial.key > mine.key) { mine = partial; }
  }
  let best = workgroupBest(mine, local);
  if (local == 0u) { advance(best.id); }
}
