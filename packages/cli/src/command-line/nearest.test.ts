import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['sede', 'seed', 1], // neighbours swapped
    ['ca', 'abc', 3], // optimal string alignment edits no substring twice
  ])('%s to %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  const names = ['--temperature', '--top-k', '--top-p', '--tokens', '--seed'];

  it.each([
    ['--temprature', '--temperature'],
    ['--sede', '--seed'],
    ['--topk', '--top-k'],
    ['--tokn', '--tokens'],
  ])('%s means %s', (word, name) => {
    expect(nearest(word, names)).toBe(name);
  });

  it('suggests nothing when nothing is near', () => {
    expect(nearest('--quantise', names)).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
