// cap * tanh(x / cap); 0 is no cap
fn softcapped(x: f32, cap: f32) -> f32 {
  if (cap == 0) { return x; }
  // Some drivers make tanh from exp, which overflows: beyond 10, tanh is 1 to f32's last bit.
  return cap * tanh(clamp(x / cap, -10.0, 10.0));
}
