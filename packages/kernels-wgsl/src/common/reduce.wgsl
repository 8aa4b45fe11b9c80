// Sum of one value of every invocation of a workgroup of WORKGROUP (a power of two), known to all of them afterwards.
// Ends with a barrier, so that it may be called again.
#include "entry.wgsl"

var<workgroup> shares: array<f32, WORKGROUP>;

fn workgroupSum(value: f32, workgroup: Workgroup, invocation: Invocation) -> f32 {
#if ${subgroups}
  let sum = subgroupAdd(value);
  if (invocation.subgroupLane == 0) { shares[invocation.subgroup] = sum; }
  workgroupBarrier();
  // Every invocation adds the same few numbers in the same order: no second round over subgroups of unknown size.
  var total = 0.0;
  for (var i = 0u; i < workgroup.subgroups; i++) { total += shares[i]; }
#else
  shares[invocation.index] = value;
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half > 0; half /= 2) {
    if (invocation.index < half) { shares[invocation.index] += shares[invocation.index + half]; }
    workgroupBarrier();
  }
  let total = shares[0];
#endif
  workgroupBarrier();
  return total;
}
