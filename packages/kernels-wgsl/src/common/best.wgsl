// The largest key of a workgroup and the lowest id that has it. Integer maxima do not depend on the order of atomics.
// Ends with a barrier, so that it may be called again.
const NO_ID = 0xffffffffu;

var<workgroup> bestKey: atomic<u32>;
var<workgroup> bestId: atomic<u32>;

struct Best {
  key: u32,
  id: u32,
}

fn workgroupBest(mine: Best, local: u32) -> Best {
  if (local == 0u) {
    atomicStore(&bestKey, NO_KEY);
    atomicStore(&bestId, NO_ID);
  }
  workgroupBarrier();
  atomicMax(&bestKey, mine.key);
  workgroupBarrier();
  let key = atomicLoad(&bestKey);
  if (mine.key == key) { atomicMin(&bestId, mine.id); }
  workgroupBarrier();
  let best = Best(key, atomicLoad(&bestId));
  workgroupBarrier();
  return best;
}

// Whether a is further from the largest than b, or as far and of a higher id.
fn comesAfter(a: Best, b: Best) -> bool {
  return a.key < b.key || (a.key == b.key && a.id > b.id);
}
