// The largest key of a workgroup and the lowest id that has it. Integer maxima do not depend on the order of atomics.
// Needs bestKey and bestId untouched before; called once.
const NO_ID = 0xffffffffu;

var<workgroup> bestKey: atomic<u32>;
var<workgroup> bestId: atomic<u32>;

struct Best {
  key: u32,
  id: u32,
}

fn workgroupBest(mine: Best, local: u32) -> Best {
  if (local == 0u) { atomicStore(&bestId, NO_ID); }
  atomicMax(&bestKey, mine.key);
  workgroupBarrier();
  let key = atomicLoad(&bestKey);
  if (mine.key == key) { atomicMin(&bestId, mine.id); }
  workgroupBarrier();
  return Best(key, atomicLoad(&bestId));
}
