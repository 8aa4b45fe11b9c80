// What a request asks of the sampler. Written once by the host: samplingWords() in sampling/sampling.ts.
struct Sampling {
  seed: vec2u,
  inverseTemperature: f32,
  topK: u32,          // 0: all
  topP: f32,          // 1: all
  reach: f32,         // -ln(min-p); REACH or more: all
  repetition: f32,
  inverseRepetition: f32,
  presence: f32,
  frequency: f32,
  biasCount: u32,
  unused: u32,
  biases: array<Bias>,  // by ascending id
}

struct Bias {
  id: u32,
  value: f32,
}
