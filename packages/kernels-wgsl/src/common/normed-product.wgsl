// What residual-norms and dotPanels do, in one: the residual stream and its norm piece by piece as W is multiplied by them.
// What becomes of the products is the including shader's.
//
// Every workgroup does the norms for itself. An invocation has one quad of a slice's group of 32 columns in each turn, and
// passes it to its slice's other seven through workgroup memory: that needs a few kilobytes for rows of any width, and
// nothing of subgroups. The second norm's scale is the same for all columns, and multiplies the sums when it is known.

struct Params {
  columns: u32,
  rows: u32,    // of W
  offset: u32,  // of the first result in y
  epsilon: f32,
}

override WORKGROUP: u32 = 128;    // 8 times a power of two
override ROWS: u32 = 16;          // of W a workgroup: 8, 16, 24 or 32
override QUADS = 2 * WORKGROUP;   // of the row at a time

@group(0) @binding(0) var<storage, read> x: array<vec4f>;                // [pitch of columns], zero past the last
@group(0) @binding(1) var<storage, read> update: array<vec4f>;           // likewise
@group(0) @binding(2) var<storage, read> postWeight: array<vec4f>;       // [columns]
@group(0) @binding(3) var<storage, read> nextWeight: array<vec4f>;       // [columns]
@group(0) @binding(4) var<storage, read> weights: array<vec4<u32>>;      // W [rows, columns], packed
@group(0) @binding(5) var<storage, read> scales: array<u32>;
@group(0) @binding(6) var<storage, read_write> residual: array<vec4f>;   // [pitch of columns]; not x, which others still read
@group(0) @binding(7) var<storage, read_write> y: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}
#include "panel-sums.wgsl"
#include "reduce.wgsl"

// A quad an invocation, of this turn and the last: nobody can be two turns ahead, so one barrier a turn is enough.
var<workgroup> normed: array<vec4f, QUADS>;

fn inverseRms(squares: f32) -> f32 {
  return inverseSqrt(squares / f32(params.columns) + params.epsilon);
}

// This invocation's share of the squares of `update`, which the first norm's scale is made of.
fn updateSquares(local: u32) -> f32 {
  var squares = 0.0;
  for (var quad = local; quad < (params.columns + 3) / 4; quad += WORKGROUP) {
    squares += dot(update[quad], update[quad]);
  }
  return squares;
}

// Its share of W times the residual stream, weighted but not scaled, to `sums`, a component a panel; returns its share of the
// stream's squares. The stream goes to `residual` if this workgroup is the one that `writes` it.
fn dotNormed(
  firstPanel: u32,
  lastPanel: u32,
  place: Place,
  postScale: f32,
  writes: bool,
  sums: ptr<function, vec4f>,
) -> f32 {
  let eight = place.slice * PANEL;  // its slice's first in `normed`
  let groups = (params.columns + 31) / 32;
  let panels = min(vec4u(firstPanel) + vec4u(0, 1, 2, 3), vec4u(lastPanel)) * groups;
  *sums = vec4f();
  var squares = 0.0;
  var half = 0u;
  for (var begin = 0u; begin < groups; begin += SLICES) {
    let i = min(begin + place.slice, groups - 1);
    let within = begin + place.slice < groups;
    // Asked for before the barrier, so that they are on their way while it waits.
    let weights0 = loadGroup(panels.x + i, place.lane);
    var weights1 = Group();
    var weights2 = Group();
    var weights3 = Group();
    if (PANELS > 1) { weights1 = loadGroup(panels.y + i, place.lane); }
    if (PANELS > 2) { weights2 = loadGroup(panels.z + i, place.lane); }
    if (PANELS > 3) { weights3 = loadGroup(panels.w + i, place.lane); }
    let quad = i * (32 / 4) + place.lane;
    let value = x[quad] + update[quad] * postScale * (1 + postWeight[quad]);
    if (within) {
      squares += dot(value, value);
      if (writes) { residual[quad] = value; }
    }
    normed[half + eight + place.lane] = select(vec4f(), value * (1 + nextWeight[quad]), within);
    workgroupBarrier();
    let first = half + eight;
    var piece = pieceOf(array(
      normed[first],
      normed[first + 1],
      normed[first + 2],
      normed[first + 3],
      normed[first + 4],
      normed[first + 5],
      normed[first + 6],
      normed[first + 7],
    ));
    (*sums).x += groupDot(weights0, &piece);
    if (PANELS > 1) { (*sums).y += groupDot(weights1, &piece); }
    if (PANELS > 2) { (*sums).z += groupDot(weights2, &piece); }
    if (PANELS > 3) { (*sums).w += groupDot(weights3, &piece); }
    half = WORKGROUP - half;
  }
  return squares;
}
