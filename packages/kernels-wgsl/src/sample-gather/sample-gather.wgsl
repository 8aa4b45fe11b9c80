// candidates = places of the tokens in planned bins, in any order; third of the sampler's four dispatches
//
// Every workgroup sums up the histogram and plans for itself; the first one leaves the plan for `sample`.
struct Params {
  width: u32,  // of the vocabulary
}

const WORKGROUP = 256u;
const BLOCK = 8192u;

@group(0) @binding(0) var<storage, read> adjusted: array<f32>;            // [width]
@group(0) @binding(1) var<storage, read> sampling: Sampling;
@group(0) @binding(2) var<storage, read> step: Step;
@group(0) @binding(3) var<storage, read_write> state: SampleState;
@group(0) @binding(4) var<storage, read_write> candidates: array<Place>;  // [width]
@group(0) @binding(5) var<uniform> params: Params;

#include "../common/step.wgsl"
#include "../common/random.wgsl"
#include "../common/sampling.wgsl"
#include "../common/sample-state.wgsl"

struct Sum {
  rank: u32,
  mass: f32,
}

fn plus(a: Sum, b: Sum) -> Sum {
  return Sum(a.rank + b.rank, a.mass + b.mass);
}

fn binSum(bin: u32) -> Sum {
  let count = atomicLoad(&state.counts[bin]);
  return Sum(count, scaleOf(bin) * massOf(count, atomicLoad(&state.deficits[bin])));
}

const LANE_BINS = BINS / WORKGROUP;

var<workgroup> laneSums: array<Sum, WORKGROUP>;         // of the bins of one invocation
var<workgroup> groupSums: array<Sum, WORKGROUP / 16>;   // of those of 16
var<workgroup> masses: array<f32, BINS + 1>;            // of the tokens in all bins before
var<workgroup> plan: Plan;

// Fills `masses` and what depends on ranks in `plan`. Masses do not decrease from bin to bin: on every level sums differ
// from the one before in their last term only, and rounding keeps the order.
fn sumBins(local: u32) {
  let first = local * LANE_BINS;
  var own = Sum();
  for (var bin = first; bin < first + LANE_BINS; bin++) { own = plus(own, binSum(bin)); }
  laneSums[local] = own;
  if (local == 0u) { plan.rankBin = BINS; }
  workgroupBarrier();
  if (local < WORKGROUP / 16u) {
    var sum = Sum();
    for (var lane = 16u * local; lane < 16u * local + 16u; lane++) { sum = plus(sum, laneSums[lane]); }
    groupSums[local] = sum;
  }
  workgroupBarrier();
  var groups = Sum();
  var lanes = Sum();
  for (var group = 0u; group < local / 16u; group++) { groups = plus(groups, groupSums[group]); }
  for (var lane = local & ~15u; lane < local; lane++) { lanes = plus(lanes, laneSums[lane]); }
  var before = plus(groups, lanes);
  own = Sum();
  for (var bin = first; bin < first + LANE_BINS; bin++) {
    own = plus(own, binSum(bin));
    let after = plus(groups, plus(lanes, own));
    masses[bin + 1u] = after.mass;
    if (before.rank < sampling.topK && sampling.topK <= after.rank) {
      plan.rankBin = bin;
      plan.rankBefore = before.rank;
    }
    before = after;
  }
  if (local == WORKGROUP - 1u) { plan.tokens = before.rank; }
  workgroupBarrier();
}

// The bin of the first token up to and with which there is more than `mass`.
fn binOfMass(mass: f32) -> u32 {
  var low = 0u;
  var high = BINS;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (masses[middle] <= mass) { low = middle; } else { high = middle; }
  }
  return low;
}

// After sumBins, by one invocation.
fn makePlan() {
  plan.draw = uniformAt(sampling.seed, step.start + step.rows);
  plan.cutLow = plan.rankBin;
  plan.cutHigh = plan.rankBin;
  if (sampling.topP < 1.0) {
    plan.cutLow = min(plan.cutLow, binOfMass(sampling.topP * masses[plan.rankBin]));
    plan.cutHigh = min(plan.cutHigh, binOfMass(sampling.topP * masses[min(plan.rankBin + 1u, BINS)]));
  }
  plan.cutLow = min(plan.cutLow, reachBin());
  plan.cutHigh = min(plan.cutHigh, reachBin());
  plan.drawLow = binOfMass(plan.draw * masses[plan.cutLow]);
  plan.drawHigh = min(binOfMass(plan.draw * masses[min(plan.cutHigh + 1u, BINS)]), plan.cutHigh);
}

fn isPlanned(bin: u32) -> bool {
  return bin == plan.rankBin || (plan.cutLow <= bin && bin <= plan.cutHigh) ||
    (plan.drawLow <= bin && bin <= plan.drawHigh);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  sumBins(local);
  if (local == 0u) { makePlan(); }
  workgroupBarrier();
  if (group.x == 0u) {
    for (var bin = local; bin <= BINS; bin += WORKGROUP) { state.masses[bin] = masses[bin]; }
    if (local == 0u) { state.plan = plan; }
  }
  let end = min((group.x + 1u) * BLOCK, params.width);
  for (var id = group.x * BLOCK + local; id < end; id += WORKGROUP) {
    let logit = adjusted[id];
    let distance = distanceOf(logit, state.maximum);
    if (distance < REACH && isPlanned(binOf(distance))) {
      candidates[atomicAdd(&state.candidates, 1u)] = Place(bitcast<u32>(state.maximum - logit), id);
    }
  }
}
