// adjusted[i] = penalise(softcapped(logits[i]) + bias[i]); first of the sampler's four dispatches
//
//   penalise(l) = (l > 0 ? l / repetition : l * repetition)            if i was seen in the prompt or generated
//                 - (presence + frequency * times generated)           if i was generated
//
// NaN and -inf become EXCLUDED. Also the largest of each block, and an empty state for the dispatches that follow.
struct Params {
  width: u32,    // of the vocabulary
  softcap: f32,  // 0: none, or already applied
}

const WORKGROUP = 256u;
const BLOCK = 2048u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;              // [width]
@group(0) @binding(1) var<storage, read> seen: array<u32>;                // [width] times generated, top bit: in prompt
@group(0) @binding(2) var<storage, read> sampling: Sampling;
@group(0) @binding(3) var<storage, read_write> adjusted: array<f32>;      // [width]
@group(0) @binding(4) var<storage, read_write> state: SampleState;
@group(0) @binding(5) var<uniform> params: Params;

#include "../common/sampling.wgsl"
#include "../common/order.wgsl"
#include "../common/sample-state.wgsl"
#include "../common/softcap.wgsl"

var<workgroup> largest: atomic<u32>;

fn biasOf(id: u32) -> f32 {
  var low = 0u;
  var high = sampling.biasCount;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (sampling.biases[middle].id < id) { low = middle + 1u; } else { high = middle; }
  }
  if (low < sampling.biasCount && sampling.biases[low].id == id) { return sampling.biases[low].value; }
  return 0.0;
}

fn penalise(logit: f32, seenWord: u32) -> f32 {
  if (seenWord == 0u) { return logit; }
  let times = seenWord & 0x7fffffffu;
  let repeated = logit * select(sampling.repetition, sampling.inverseRepetition, logit > 0.0);
  return select(repeated - (sampling.presence + sampling.frequency * f32(times)), repeated, times == 0u);
}

fn adjust(logit: f32, bias: f32, seenWord: u32) -> f32 {
  if (orderKey(logit) == NO_KEY) { return EXCLUDED; }
  let biased = min(softcapped(logit, params.softcap), MOST) + bias;
  if (biased < -MOST) { return EXCLUDED; }
  return clamp(penalise(biased, seenWord), -MOST, MOST);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (group.x == 0u) {
    for (var bin = local; bin < BINS; bin += WORKGROUP) {
      atomicStore(&state.counts[bin], 0u);
      atomicStore(&state.deficits[bin], 0u);
    }
    if (local == 0u) { atomicStore(&state.candidates, 0u); }
  }

  let penalised = sampling.repetition != 1.0 || sampling.presence != 0.0 || sampling.frequency != 0.0;
  let end = min((group.x + 1u) * BLOCK, params.width);
  var key = NO_KEY;
  for (var id = group.x * BLOCK + local; id < end; id += WORKGROUP) {
    var seenWord = 0u;
    if (penalised) { seenWord = seen[id]; }
    let value = adjust(logits[id], biasOf(id), seenWord);
    adjusted[id] = value;
    key = max(key, orderKey(value));
  }
  atomicMax(&largest, key);
  workgroupBarrier();
  if (local == 0u) { state.maxima[group.x] = atomicLoad(&largest); }
}
