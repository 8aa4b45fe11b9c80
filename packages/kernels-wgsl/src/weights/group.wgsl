// A matrix is cut into panels of 8 rows and groups of 32 columns; weight-format.ts says what lies where.
const PANEL = 8u;

// A group's worth of x.
struct Piece {
  quads: array<vec4f, 8>,
  sums: vec2f,  // of the first 16 and the last 16: what an encoding with minima or offsets multiplies by them
}

fn pieceOf(quads: array<vec4f, 8>) -> Piece {
  return Piece(quads, vec2f(
    dot(quads[0] + quads[1] + quads[2] + quads[3], vec4f(1)),
    dot(quads[4] + quads[5] + quads[6] + quads[7], vec4f(1)),
  ));
}

// The four bytes of a word.
fn bytesOf(word: u32) -> vec4f {
  return vec4f(vec4i((vec4u(word) >> vec4u(0, 8, 16, 24)) & vec4u(255)));
}
