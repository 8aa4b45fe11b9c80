// What changes from step to step. The sampler advances it, so that the next step needs no word from the host.
struct Step {
  start: u32,  // position of the first row
  rows: u32,   // live rows; a recording is sized for the most rows a chunk can have
  slot: u32,   // index in `generated` of the token that this step produces
  unused: u32,
}
