// logprobs[slot] = (id, ln softmax(softcapped(logits))[id]) of the token that was chosen last, then of the `top` most likely ones
//
// One workgroup over what `logprobs-partial` left, after `sample` or `argmax` moved the step on. Where there are fewer
// than `top` numbers among the logits, the id is NO_ID.
struct Params {
  blocks: u32,
  top: u32,
  ring: u32,     // length of `generated`, and of `logprobs` in slots
  softcap: f32,  // as in logprobs-partial
}

override WORKGROUP: u32 = 256;

@group(0) @binding(0) var<storage, read> logits: array<f32>;               // [width]
@group(0) @binding(1) var<storage, read> partials: array<Best>;            // [blocks, 1 + top]
@group(0) @binding(2) var<storage, read> step: Step;
@group(0) @binding(3) var<storage, read> generated: array<u32>;            // [ring]
@group(0) @binding(4) var<storage, read_write> logprobs: array<Logprob>;   // [ring, 1 + top]
@group(0) @binding(5) var<uniform> params: Params;

struct Logprob {
  id: u32,
  value: f32,
}

#include "../common/step.wgsl"
#include "../common/order.wgsl"
#include "../common/best.wgsl"

#include "../common/softcap.wgsl"

const LOWEST = -3.4028234663852886e38;

fn logitOf(key: u32) -> f32 {
  return softcapped(keyValue(key), params.softcap);
}

// ln of the sum of exp(logits). All invocations add the same few terms in the same order.
fn logSum() -> f32 {
  var largest = NO_KEY;
  for (var block = 0u; block < params.blocks; block++) {
    largest = max(largest, partials[block * (1u + params.top)].key);
  }
  var sum = 0.0;
  for (var block = 0u; block < params.blocks; block++) {
    let partial = partials[block * (1u + params.top)];
    if (partial.key != NO_KEY) { sum += exp(logitOf(partial.key) - logitOf(largest)) * bitcast<f32>(partial.id); }
  }
  return logitOf(largest) + log(sum);
}

fn logprobOf(best: Best, total: f32) -> Logprob {
  if (best.key == NO_KEY) { return Logprob(NO_ID, LOWEST); }
  return Logprob(best.id, logitOf(best.key) - total);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  let slot = (step.slot - 1u) % params.ring;
  let entry = slot * (1u + params.top);
  let total = logSum();
  if (local == 0u) {
    let id = generated[slot];
    var chosen = Best(NO_KEY, NO_ID);
    if (id != NO_ID) { chosen = Best(orderKey(logits[id]), id); }
    logprobs[entry] = logprobOf(chosen, total);
  }
  var last = Best(NO_ID, 0u);  // before all
  for (var place = 1u; place <= params.top; place++) {
    var mine = Best(NO_KEY, NO_ID);
    for (var i = local; i < params.blocks * params.top; i += WORKGROUP) {
      let other = partials[i + i / params.top + 1u];
      if (comesAfter(mine, other) && comesAfter(other, last)) { mine = other; }
    }
    last = workgroupBest(mine, local);
    if (local == 0u) { logprobs[entry + place] = logprobOf(last, total); }
  }
}
