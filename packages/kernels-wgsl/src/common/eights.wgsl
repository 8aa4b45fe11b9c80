// Whether eight lanes of a subgroup that begin at a multiple of 8 are neighbours in the workgroup, in order, so that they can
// pass round what all of them need. WGSL does not say which invocations make a subgroup.
fn inEights(local: u32, subgroupLane: u32, subgroupSize: u32) -> bool {
  let first = subgroupShuffle(local, subgroupLane & ~7u);
  return subgroupAll(subgroupSize >= 8 && first % 8 == 0 && first + (subgroupLane & 7) == local);
}
