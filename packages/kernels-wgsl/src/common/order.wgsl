// Logits as integers of the same order. A compiler may assume that f32 is neither NaN nor infinite; bits hide nothing.
// NaN and -inf give NO_KEY, below every number: they are never chosen. -0 equals 0.
const NO_KEY = 0u;

fn orderKey(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u || bits == 0xff800000u) { return NO_KEY; }
  if (magnitude == 0u) { return 0x80000000u; }
  return select(bits | 0x80000000u, ~bits, bits != magnitude);
}

// The value of a key other than NO_KEY.
fn keyValue(key: u32) -> f32 {
  return bitcast<f32>(select(~key, key & 0x7fffffffu, key >= 0x80000000u));
}
