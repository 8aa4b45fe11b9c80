// cap * tanh(x / cap). Some drivers make tanh from exp, which overflows: beyond 10, tanh is 1 to f32's last bit.
fn softcap(x: f32, cap: f32) -> f32 {
  return cap * tanh(clamp(x / cap, -10.0, 10.0));
}
