import { describe, expect, it } from 'vitest';
import type { Gemma2Config } from '../gemma2/config.ts';
import { publishedSizes } from '../gemma2/published-sizes.ts';
import { inferConfig } from './inferred-config.ts';

const shapeOf = ({ layers, hiddenSize, intermediateSize, vocabularySize, heads, kvHeads, headDim }: Gemma2Config) => ({
  layers,
  hiddenSize,
  intermediateSize,
  vocabularySize,
  queryWidth: heads * headDim,
  keyValueWidth: kvHeads * headDim,
});

describe.each(Object.entries(publishedSizes))('the shapes of %s', (_, size) => {
  it('tell all of its configuration, whether or not they tell the heads', () => {
    expect(inferConfig(shapeOf(size))).toEqual({ config: size, warnings: [] });
    expect(inferConfig({ ...shapeOf(size), headDim: size.headDim })).toEqual({ config: size, warnings: [] });
  });

  it('are those of its fine-tunes and slices too', () => {
    const changed = { ...size, layers: 2, vocabularySize: 256_002 };
    expect(inferConfig(shapeOf(changed))).toEqual({ config: changed, warnings: [] });
  });

  it('differ from those of other models, which are assumed with a warning', () => {
    for (const change of [{ hiddenSize: 2048 }, { intermediateSize: 8192 }, { queryWidth: 8192 }]) {
      expect(inferConfig({ ...shapeOf(size), ...change }).warnings).toHaveLength(1);
    }
    expect(inferConfig({ ...shapeOf(size), headDim: 64 }).warnings).toHaveLength(1);
  });
});

it('gives the published query scalars: 256, 256 and 144', () => {
  const scalars = Object.values(publishedSizes).map((size) => inferConfig(shapeOf(size)).config.queryScale ** -2);
  expect(scalars.map((scalar) => Math.round(scalar * 1e6) / 1e6)).toEqual([256, 256, 144]);
});
