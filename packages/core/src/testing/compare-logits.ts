/** One position's logits beside those of another implementation. */
export type ComparedPosition = {
  /** Root mean square of the differences over the vocabulary. */
  readonly rmsDifference: number;
  /** The other's best logit less its second. */
  readonly gap: number;
  readonly sameChoice: boolean;
};

export type ComparedLogits = {
  readonly positions: readonly ComparedPosition[];
  /** Squared differences over the other's squares, of all positions together. */
  readonly nmse: number;
};

export function compareLogits(ours: readonly Float32Array[], theirs: readonly ArrayLike<number>[]): ComparedLogits {
  let [differences, squares] = [0, 0];
  const positions = theirs.map((their, position): ComparedPosition => {
    const our = ours[position]!;
    if (our.length !== their.length) throw new RangeError(`${our.length} logits, ${their.length} expected`);
    let difference = 0;
    let [best, ourBest, second] = [0, 0, Number.NEGATIVE_INFINITY];
    for (let id = 0; id < their.length; id++) {
      difference += (our[id]! - their[id]!) ** 2;
      squares += their[id]! ** 2;
      if (our[id]! > our[ourBest]!) ourBest = id;
      if (id === 0) continue;
      if (their[id]! > their[best]!) {
        second = their[best]!;
        best = id;
      } else second = Math.max(second, their[id]!);
    }
    differences += difference;
    const rmsDifference = Math.sqrt(difference / their.length);
    return { rmsDifference, gap: their[best]! - second, sameChoice: best === ourBest };
  });
  return { positions, nmse: differences / squares };
}

/**
 * Positions whose gap is beyond the noise: three standard deviations of the difference of two logits, each of which
 * deviates by what was measured at that position, independently of the other.
 */
export const clearPositions = (positions: readonly ComparedPosition[]): ComparedPosition[] =>
  positions.filter(({ gap, rmsDifference }) => gap > 3 * Math.SQRT2 * rmsDifference);
