// What the four dispatches of the sampler hand on. Tokens are put in bins by their distance below the most likely one,
//   d = (largest logit - logit) / temperature, probability ~ exp(-d),
// bin b holding b/32 <= d < (b+1)/32. A token with d >= REACH has less than 2e-14 of the largest probability: it counts
// as impossible.
//
// The mass of a bin's tokens is exp(-b/32) times the sum of exp(-(d - b/32)), whose terms are just below 1. A token's
// deficit is what it lacks to 1, as an integer: integers add up to the same sum in whatever order atomics come. 2^19
// tokens of the largest deficit still fit in 32 bits.
const BINS = 1024u;
const BINS_PER_UNIT = 32.0;
const REACH = 32.0;
const FULL = 262144.0;  // one token without deficit

// The value of a logit that must not be chosen, and the bound of all others.
const EXCLUDED = -3e38;
const MOST = 1e30;

struct SampleState {
  maxima: array<u32, 256>,               // order keys, one a block of sample-adjust
  counts: array<atomic<u32>, BINS>,
  deficits: array<atomic<u32>, BINS>,
  masses: array<f32, BINS + 1>,          // of the tokens in all bins before
  plan: Plan,
  maximum: f32,                          // the largest logit
  candidates: atomic<u32>,               // how many tokens sample-gather found
}

// Tokens are in order of distance, then of id. Top-k, top-p and min-p each cut that order somewhere; the draw falls
// somewhere before the first cut. The histogram tells the bin of every cut, or a short range of bins where it depends on
// another cut's exact place. BINS is the bin of a cut that is nowhere.
struct Plan {
  draw: f32,         // the random number
  tokens: u32,       // that are possible
  rankBin: u32,      // top-k cuts here,
  rankBefore: u32,   // this many tokens being in the bins before
  cutLow: u32,       // the first of all cuts is in cutLow ..= cutHigh
  cutHigh: u32,
  drawLow: u32,      // the draw falls in drawLow ..= drawHigh
  drawHigh: u32,
}

// A token's place in the order: by the bits of (largest logit - logit), which sort as the number does, then by id.
struct Place {
  gap: u32,
  id: u32,
}

fn distanceOf(logit: f32, maximum: f32) -> f32 {
  return select((maximum - logit) * sampling.inverseTemperature, MOST, logit == EXCLUDED);
}

// For a distance below REACH.
fn binOf(distance: f32) -> u32 {
  return u32(distance * BINS_PER_UNIT);
}

// The last bin within the reach of min-p.
fn reachBin() -> u32 {
  return u32(min(sampling.reach, REACH) * BINS_PER_UNIT);
}

// 1 - exp(-f) for f < 1/32, by its series: the next term is below 3e-10.
fn deficitOf(distance: f32, bin: u32) -> u32 {
  let f = max(distance - f32(bin) / BINS_PER_UNIT, 0.0);
  return u32(f * (1.0 - f * (1.0 / 2.0 - f * (1.0 / 6.0 - f / 24.0))) * FULL + 0.5);
}

// Mass of a full token of a bin, in units of the most likely token's.
fn scaleOf(bin: u32) -> f32 {
  return exp(-f32(bin) / BINS_PER_UNIT);
}

// Mass of some tokens of a bin, in full tokens.
fn massOf(count: u32, deficit: u32) -> f32 {
  return f32(count) - f32(deficit) / FULL;
}
