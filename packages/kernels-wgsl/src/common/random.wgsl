// A random number in [0, 1) for a seed and a position, with 24 bits: pcg3d of Jarzynski and Olano, "Hash Functions for
// GPU Rendering", 2020. A function of a counter, so that it does not matter how many steps are queued.
fn uniformAt(seed: vec2u, position: u32) -> f32 {
  var v = vec3u(position, seed) * 1664525u + 1013904223u;
  v.x += v.y * v.z;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v ^= v >> vec3u(16);
  v.x += v.y * v.z;
  return f32(v.x >> 8u) * 0x1p-24;
}
