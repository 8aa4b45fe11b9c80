// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))
fn gelu(x: f32) -> f32 {
  // Some drivers make tanh from exp, which overflows: beyond 10, tanh is 1 to f32's last bit.
  return 0.5 * x * (1.0 + tanh(clamp(0.7978845608028654 * (x + 0.044715 * x * x * x), -10.0, 10.0)));
}
