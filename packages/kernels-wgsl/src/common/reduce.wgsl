// Sum of one value of every invocation of a workgroup of WORKGROUP (a power of two), known to all of them afterwards.
// Needs `local: u32` = local_invocation_index, and with subgroups also subgroup_id and subgroup_invocation_id.
// Ends with a barrier, so that it may be called again.
var<workgroup> shares: array<f32, WORKGROUP>;

#if ${subgroups}
fn workgroupSum(value: f32, local: u32, subgroupId: u32, subgroups: u32, lane: u32) -> f32 {
  let sum = subgroupAdd(value);
  if (lane == 0) { shares[subgroupId] = sum; }
  workgroupBarrier();
  // Every invocation adds the same few numbers in the same order: no second round over subgroups of unknown size.
  var total = 0.0;
  for (var i = 0u; i < subgroups; i++) { total += shares[i]; }
  workgroupBarrier();
  return total;
}
#else
fn workgroupSum(value: f32, local: u32) -> f32 {
  shares[local] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    if (local < half) { shares[local] += shares[local + half]; }
    workgroupBarrier();
  }
  let total = shares[0];
  workgroupBarrier();
  return total;
}
#endif
