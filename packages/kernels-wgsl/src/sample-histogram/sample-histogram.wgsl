// counts[b], deficits[b] = tokens of bin b and what their masses lack to 1; second of the sampler's four dispatches
//
// Bins are filled in workgroup memory first: most tokens of a block share a few bins, and one add to the storage buffer
// stands for all of them.
struct Params {
  width: u32,  // of the vocabulary
}

const WORKGROUP = 256u;
const BLOCK = 4096u;
const ADJUST_BLOCK = 2048u;  // of sample-adjust

@group(0) @binding(0) var<storage, read> adjusted: array<f32>;            // [width]
@group(0) @binding(1) var<storage, read> sampling: Sampling;
@group(0) @binding(2) var<storage, read_write> state: SampleState;
@group(0) @binding(3) var<uniform> params: Params;

#include "../common/sampling.wgsl"
#include "../common/order.wgsl"
#include "../common/sample-state.wgsl"

var<workgroup> largest: atomic<u32>;
var<workgroup> counts: array<atomic<u32>, BINS>;
var<workgroup> deficits: array<atomic<u32>, BINS>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let blocks = (params.width + ADJUST_BLOCK - 1u) / ADJUST_BLOCK;
  for (var i = local; i < blocks; i += WORKGROUP) { atomicMax(&largest, state.maxima[i]); }
  workgroupBarrier();
  let maximum = keyValue(atomicLoad(&largest));
  if (group.x == 0u && local == 0u) { state.maximum = maximum; }

  let end = min((group.x + 1u) * BLOCK, params.width);
  for (var id = group.x * BLOCK + local; id < end; id += WORKGROUP) {
    let distance = distanceOf(adjusted[id], maximum);
    if (distance < REACH) {
      let bin = binOf(distance);
      atomicAdd(&counts[bin], 1u);
      atomicAdd(&deficits[bin], deficitOf(distance, bin));
    }
  }
  workgroupBarrier();

  for (var bin = local; bin < BINS; bin += WORKGROUP) {
    let count = atomicLoad(&counts[bin]);
    if (count > 0u) {
      atomicAdd(&state.counts[bin], count);
      atomicAdd(&state.deficits[bin], atomicLoad(&deficits[bin]));
    }
  }
}
