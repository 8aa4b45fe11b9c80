// The sums of a workgroup that multiplies some panels of W by x. Its invocations leave their shares in partialSums (see
// panel-dots.wgsl), and addSlices adds them up. Needs the overrides WORKGROUP and ROWS.
override SLICES = WORKGROUP / 8;  // of the columns
override PANELS = ROWS / 8;
override SHARES = WORKGROUP * PANELS;

var<workgroup> partialSums: array<f32, SHARES>;  // [panel][slice][lane]

// Leaves the sum of row `lane` of the workgroup's panel p in partialSums[p * WORKGROUP + lane].
fn addSlices(local: u32) {
  workgroupBarrier();
  for (var half = WORKGROUP / 2; half >= PANEL; half /= 2) {
    if (local < half) {
      for (var p = 0u; p < PANELS; p++) {
        partialSums[p * WORKGROUP + local] += partialSums[p * WORKGROUP + local + half];
      }
    }
    workgroupBarrier();
  }
}
