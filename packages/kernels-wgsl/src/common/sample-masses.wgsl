var<workgroup> masses: array<f32, BINS + 1>;   // of the tokens in all bins before

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
