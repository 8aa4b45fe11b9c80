// Scale and minimum of group `index` of a super-block of q4_k or q5_k, from the 16 bytes it begins with: two halves
// d and dmin, then 8 scales and 8 minima of 6 bits in 12 bytes. Those of groups 4 to 7 lie in two pieces.
fn scaleAndMinimum(header: vec4u, index: u32) -> vec2f {
  let bytes = (header.yzw >> vec3u(8 * (index & 3))) & vec3u(255);
  let first = bytes.xy & vec2u(63);
  let second = vec2u(bytes.z & 15, bytes.z >> 4) | ((bytes.xy >> vec2u(6)) << vec2u(4));
  return unpack2x16float(header.x) * vec2f(vec2i(select(first, second, index > 3)));
}
