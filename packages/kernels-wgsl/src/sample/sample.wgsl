// generated[slot] = tokens[0] = the drawn token; the step moves on; last of the sampler's four dispatches
//
// In order of distance, then of id, tokens are kept up to the first cut: the k-th token; the token at which the mass
// reaches top-p of the mass that top-k kept; the last token within reach of the most likely one. The drawn token is the
// one at which the mass passes draw * kept mass. One workgroup finds these few places among the candidates. If every
// logit is NaN or -inf, the id is NO_TOKEN.
struct Params {
  ring: u32,   // length of `generated`
}

const WORKGROUP = 128u;

@group(0) @binding(0) var<storage, read> sampling: Sampling;
@group(0) @binding(1) var<storage, read> candidates: array<Place>;        // [width]
@group(0) @binding(2) var<storage, read_write> state: SampleState;
@group(0) @binding(3) var<storage, read_write> seen: array<u32>;          // [width] times generated, top bit: in prompt
@group(0) @binding(4) var<storage, read_write> step: Step;
@group(0) @binding(5) var<storage, read_write> tokens: array<u32>;        // the first is written
@group(0) @binding(6) var<storage, read_write> generated: array<u32>;     // [ring]
@group(0) @binding(7) var<uniform> params: Params;

#include "../common/step.wgsl"
#include "../common/sampling.wgsl"
#include "../common/sample-state.wgsl"
#include "../common/advance.wgsl"

const DIGITS = 16u;      // of 4 bits
const GAP_ROUNDS = 8u;   // digits of a gap
const ROUNDS = 13u;      // and of an id

var<workgroup> digitCounts: array<atomic<u32>, DIGITS>;
var<workgroup> digitDeficits: array<atomic<u32>, DIGITS>;
var<workgroup> left: u32;            // tokens that agree with the digits so far
var<workgroup> foundPlace: Place;

struct Found {
  place: Place,
  mass: f32,    // of the bin's tokens up to and with this one, in full tokens
}

// Which tokens of a bin count.
struct Filter {
  bin: u32,
  last: Place,
  reach: f32,
}

fn distanceAt(place: Place) -> f32 {
  return bitcast<f32>(place.gap) * sampling.inverseTemperature;
}

fn passes(filtered: Filter, place: Place) -> bool {
  let distance = distanceAt(place);
  return binOf(distance) == filtered.bin && distance <= filtered.reach &&
    (place.gap < filtered.last.gap || (place.gap == filtered.last.gap && place.id <= filtered.last.id));
}

// The first token of a bin at which (tokens - weight * deficits) up to and with it exceeds `goal`, or the bin's last one.
// Radix selection: every round counts the tokens by one more digit of their place and goes on with one digit, until it
// holds one token only.
fn find(filtered: Filter, goal: f32, weight: f32, local: u32) -> Found {
  let candidateCount = atomicLoad(&state.candidates);
  var prefix = Place(0u, 0u);
  var mask = Place(0u, 0u);
  var count = 0u;
  var deficit = 0u;
  var countAfter = 0u;
  var deficitAfter = 0u;
  for (var round = 0u; round < ROUNDS; round++) {
    let byGap = round < GAP_ROUNDS;
    let shift = 4u * (select(ROUNDS, GAP_ROUNDS, byGap) - 1u - round);
    if (local < DIGITS) {
      atomicStore(&digitCounts[local], 0u);
      atomicStore(&digitDeficits[local], 0u);
    }
    workgroupBarrier();
    for (var i = local; i < candidateCount; i += WORKGROUP) {
      let place = candidates[i];
      if ((place.gap & mask.gap) == prefix.gap && (place.id & mask.id) == prefix.id && passes(filtered, place)) {
        let digit = (select(place.id, place.gap, byGap) >> shift) % DIGITS;
        atomicAdd(&digitCounts[digit], 1u);
        atomicAdd(&digitDeficits[digit], deficitOf(distanceAt(place), filtered.bin));
      }
    }
    workgroupBarrier();
    var digit = 0u;
    countAfter = count;
    deficitAfter = deficit;
    for (var next = 0u; next < DIGITS; next++) {
      let more = atomicLoad(&digitCounts[next]);
      if (more > 0u) {
        digit = next;
        count = countAfter;
        deficit = deficitAfter;
        countAfter += more;
        deficitAfter += atomicLoad(&digitDeficits[next]);
        if (f32(countAfter) - weight * f32(deficitAfter) > goal) { break; }
      }
    }
    if (byGap) {
      prefix.gap |= digit << shift;
      mask.gap |= (DIGITS - 1u) << shift;
    } else {
      prefix.id |= digit << shift;
      mask.id |= (DIGITS - 1u) << shift;
    }
    if (local == 0u) { left = countAfter - count; }
    if (workgroupUniformLoad(&left) <= 1u) { break; }
  }
  for (var i = local; i < candidateCount; i += WORKGROUP) {
    let place = candidates[i];
    if ((place.gap & mask.gap) == prefix.gap && (place.id & mask.id) == prefix.id && passes(filtered, place)) {
      foundPlace = place;
    }
  }
  workgroupBarrier();
  return Found(foundPlace, massOf(countAfter, deficitAfter));
}

// The bin of the first token up to and with which there is more than `mass`. The plan keeps the range short.
fn binBetween(low: u32, high: u32, mass: f32) -> u32 {
  var bin = low;
  while (bin < high && state.masses[bin + 1u] <= mass) { bin++; }
  return bin;
}

const TOP_K = 0u;
const TOP_P = 1u;
const MIN_P = 2u;
const DRAW = 3u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  let plan = state.plan;
  var last = Place(0xffffffffu, 0xffffffffu);  // that is kept
  var lastBin = BINS - 1u;
  var kept = state.masses[BINS];
  var found: Found;
  // One call of `find` in a loop: four of them would make a shader that takes some drivers seconds to compile.
  for (var stage = TOP_K; stage <= DRAW; stage++) {
    var bin = 0u;
    var goal = MOST;
    var weight = 1.0 / FULL;
    var reach = REACH;
    if (stage == TOP_K) {
      if (sampling.topK == 0u) { continue; }
      bin = plan.rankBin;
      goal = f32(sampling.topK - plan.rankBefore) - 0.5;
      weight = 0.0;
    } else if (stage == TOP_P) {
      if (sampling.topP >= 1.0) { continue; }
      let mass = sampling.topP * kept;
      bin = binBetween(plan.cutLow, min(plan.cutHigh, lastBin), mass);
      goal = (mass - state.masses[bin]) / scaleOf(bin);
    } else if (stage == MIN_P) {
      if (sampling.reach >= REACH) { continue; }
      bin = reachBin();
      reach = sampling.reach;
    } else {
      let mass = plan.draw * kept;
      bin = binBetween(plan.drawLow, min(plan.drawHigh, lastBin), mass);
      goal = (mass - state.masses[bin]) / scaleOf(bin);
    }
    found = find(Filter(bin, last, reach), goal, weight, local);
    // A cut further down than an earlier one changes nothing. All of a bin may be beyond the reach of min-p.
    if (bin <= lastBin) {
      if (found.mass > 0.0) { last = found.place; }
      lastBin = bin;
      kept = state.masses[bin] + scaleOf(bin) * found.mass;
    }
  }

  if (local == 0u) {
    let id = select(found.place.id, NO_TOKEN, plan.tokens == 0u);
    if (id != NO_TOKEN) { seen[id] += 1u; }
    advance(id);
  }
}
