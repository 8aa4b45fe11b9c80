// A group's worth of x, which the eight rows of a panel share. Needs `x`, group.wgsl and panel-sums.wgsl. Where SHARED is set,
// the eight invocations of a panel read an eighth of it each and pass it round, if their subgroup allows: llvmpipe, for which a read
// costs as much as a hundred multiply-adds, halves its time. On a GPU, where all eight get one address at once, it is
// tuning's choice.

override SHARED: bool = false;
override TURNS: u32 = 1;  // groups of a slice at a time, 1 or 2: a large GPU must have many reads under way

// From quad `first` of x on. What a loop indexes would stay in memory where a driver does not unroll loops (SwiftShader).
fn loadPiece(first: u32, place: Place) -> Piece {
  var quads: array<vec4f, 8>;
#if ${subgroups}
  if (SHARED) {
    let own = x[first + place.lane];
    let eight = place.subgroupLane & ~7u;
    quads = array(
      subgroupShuffle(own, eight),
      subgroupShuffle(own, eight + 1),
      subgroupShuffle(own, eight + 2),
      subgroupShuffle(own, eight + 3),
      subgroupShuffle(own, eight + 4),
      subgroupShuffle(own, eight + 5),
      subgroupShuffle(own, eight + 6),
      subgroupShuffle(own, eight + 7),
    );
  }
#endif
  if (!SHARED || !place.together) {
    quads = array(
      x[first],
      x[first + 1],
      x[first + 2],
      x[first + 3],
      x[first + 4],
      x[first + 5],
      x[first + 6],
      x[first + 7],
    );
  }
  return pieceOf(quads);
}
