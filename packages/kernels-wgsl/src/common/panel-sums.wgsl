// The sums of a workgroup that multiplies some panels of W by x: an invocation has one row of each panel and one slice of the
// columns, and addSlices adds up what they have found. Needs the overrides WORKGROUP and ROWS.
#include "entry.wgsl"

override SLICES = WORKGROUP / 8;  // of the columns
override PANELS = ROWS / 8;
override SHARES = WORKGROUP * PANELS;

var<workgroup> partialSums: array<f32, SHARES>;  // [panel][slice][lane]

struct Place {
  lane: u32,   // the row of a panel
  slice: u32,  // of the columns
  // Whether the eight rows of a panel are eight lanes of one subgroup, from a multiple of 8 on, which can pass round what all
  // of them need.
  together: bool,
#if ${subgroups}
  subgroupLane: u32,
#endif
}

fn placeOf(workgroup: Workgroup, invocation: Invocation) -> Place {
#if ${subgroups}
  // WGSL does not say which invocations make a subgroup; full subgroups say it themselves.
  let inOrder = invocation.subgroup * workgroup.subgroupSize + invocation.subgroupLane;
  let together = inFullSubgroups(workgroup);
  let index = select(invocation.index, inOrder, together);
  return Place(index % PANEL, index / PANEL, together, invocation.subgroupLane);
#else
  return Place(invocation.index % PANEL, invocation.index / PANEL, false);
#endif
}

#if ${subgroups}
// Sizes of subgroups are powers of two, from 4 to 128, and one that is not full makes the product larger.
fn inFullSubgroups(workgroup: Workgroup) -> bool {
  return workgroup.subgroupSize >= PANEL && workgroup.subgroups * workgroup.subgroupSize == WORKGROUP;
}
#endif

// Leaves the sum of row `lane` of the workgroup's panel p in partialSums[p * WORKGROUP + lane]; `shares` has a component a
// panel. Full subgroups add up their own slices; what is left goes by a tree through workgroup memory.
fn addSlices(shares: vec4f, workgroup: Workgroup, place: Place) {
  var sums = shares;
  var slices = SLICES;
  var slice = place.slice;
  var isFirst = true;
#if ${subgroups}
  if (SLICES > 1 && inFullSubgroups(workgroup)) {
    for (var step = PANEL; step < workgroup.subgroupSize; step *= 2) { sums += subgroupShuffleXor(sums, step); }
    slices = workgroup.subgroups;
    slice = place.slice * PANEL / workgroup.subgroupSize;
    isFirst = place.subgroupLane < PANEL;
  }
#endif
  if (isFirst) {
    for (var p = 0u; p < PANELS; p++) { partialSums[p * WORKGROUP + slice * PANEL + place.lane] = sums[p]; }
  }
  if (SLICES == 1) { return; }  // who reads them has written them, and a barrier is dear without a GPU
  workgroupBarrier();
  for (var half = slices / 2; half > 0; half /= 2) {
    if (isFirst && slice < half) {
      for (var p = 0u; p < PANELS; p++) {
        let sum = p * WORKGROUP + slice * PANEL + place.lane;
        partialSums[sum] += partialSums[sum + half * PANEL];
      }
    }
    workgroupBarrier();
  }
}
