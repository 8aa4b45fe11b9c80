// Where the cache has the keys and values of a position. Needs `params`.

const KEY_PANEL = 8u;

// The slot, of all kv heads', that is `offset` after `slot` in the ring of one.
fn cacheSlot(kvHead: u32, slot: u32, offset: u32) -> u32 {
  let next = slot + offset;
  return kvHead * params.capacity + select(next, next - params.capacity, next >= params.capacity);
}

// Where a key's first four dimensions lie in `keys`; the next four are KEY_PANEL further. Keys are in panels, so that
// invocations that have a key each read consecutive addresses.
fn keyAt(cacheSlot: u32) -> u32 {
  return cacheSlot / KEY_PANEL * (params.headDim / 4 * KEY_PANEL) + cacheSlot % KEY_PANEL;
}

// Where a value's first four dimensions lie in `values`; the next four follow.
fn valueAt(cacheSlot: u32) -> u32 {
  return cacheSlot * (params.headDim / 4);
}
