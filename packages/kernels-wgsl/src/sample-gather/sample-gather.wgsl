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
#include "../common/sample-masses.wgsl"

struct Sum {
  rank: u32,
  mass: f32,
}

fn plus(a: Sum, b: Sum) -> Sum {
  return Sum(a.rank + b.rank, a.mass + b.mass);
}

const LANE_BINS = BINS / WORKGROUP;

var<workgroup> ranks: array<u32, BINS + 1>;             // tokens in all bins before
var<workgroup> laneSums: array<Sum, WORKGROUP>;         // of the bins of one invocation
var<workgroup> groupSums: array<Sum, WORKGROUP / 16>;   // of those of 16
var<workgroup> plan: Plan;

// Fills `ranks` and `masses`. Masses do not decrease from bin to bin: on every level sums differ from the one before in
// their last term only, and rounding keeps the order.
fn sumBins(local: u32) {
  let first = local * LANE_BINS;
  var own = Sum();
  for (var bin = first; bin < first + LANE_BINS; bin++) {
    let count = atomicLoad(&state.counts[bin]);
    own = plus(own, Sum(count, scaleOf(bin) * massOf(count, atomicLoad(&state.deficits[bin]))));
    ranks[bin + 1u] = own.rank;
    masses[bin + 1u] = own.mass;
  }
  laneSums[local] = own;
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
  for (var bin = first; bin < first + LANE_BINS; bin++) {
    let sum = plus(groups, plus(lanes, Sum(ranks[bin + 1u], masses[bin + 1u])));
    ranks[bin + 1u] = sum.rank;
    masses[bin + 1u] = sum.mass;
  }
  workgroupBarrier();
}

// The bin of the token with `rank` tokens before it.
fn binOfRank(rank: u32) -> u32 {
  var low = 0u;
  var high = BINS;
  while (high - low > 1u) {
    let middle = (low + high) / 2u;
    if (ranks[middle] <= rank) { low = middle; } else { high = middle; }
  }
  return low;
}

fn makePlan() -> Plan {
  var made: Plan;
  made.draw = uniformAt(sampling.seed, step.start + step.rows);
  made.tokens = ranks[BINS];
  made.rankBin = BINS;
  if (sampling.topK > 0u && sampling.topK < made.tokens) { made.rankBin = binOfRank(sampling.topK - 1u); }
  made.rankBefore = ranks[made.rankBin];
  made.cutLow = made.rankBin;
  made.cutHigh = made.rankBin;
  if (sampling.topP < 1.0) {
    made.cutLow = min(made.cutLow, binOfMass(sampling.topP * masses[made.rankBin]));
    made.cutHigh = min(made.cutHigh, binOfMass(sampling.topP * masses[min(made.rankBin + 1u, BINS)]));
  }
  made.cutLow = min(made.cutLow, reachBin());
  made.cutHigh = min(made.cutHigh, reachBin());
  made.drawLow = binOfMass(made.draw * masses[made.cutLow]);
  made.drawHigh = min(binOfMass(made.draw * masses[min(made.cutHigh + 1u, BINS)]), made.cutHigh);
  return made;
}

fn isPlanned(bin: u32) -> bool {
  return bin == plan.rankBin || (plan.cutLow <= bin && bin <= plan.cutHigh) ||
    (plan.drawLow <= bin && bin <= plan.drawHigh);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  sumBins(local);
  if (local == 0u) { plan = makePlan(); }
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
