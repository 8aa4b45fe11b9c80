import { expect, it } from 'vitest';
import { prefillChunks } from './prefill-chunks.ts';
import { publishedSizes } from './published-sizes.ts';

const [large, least] = [{ maxStorageBufferBindingSize: 2 ** 31 }, { maxStorageBufferBindingSize: 2 ** 27 }];
const [hardware, software] = [{ isFallbackAdapter: false }, { isFallbackAdapter: true }];

it('lets tuning choose on hardware, within the context and what a binding holds', () => {
  const [of2b, of27b] = [publishedSizes['2b'], publishedSizes['27b']];
  expect(prefillChunks(of2b, 8192, hardware, large)).toEqual([128, 256, 512]);
  expect(prefillChunks(of2b, 8192, hardware, least)).toEqual([128, 256, 512]);
  expect(prefillChunks(of27b, 8192, hardware, least)).toEqual([128, 256]); // 512 rows of 73,728 floats are 144 MiB
  expect(prefillChunks(of2b, 300, hardware, large)).toEqual([128, 256]);
  expect(prefillChunks(of2b, 100, hardware, large)).toEqual([100]);
  expect(prefillChunks(of2b, 8192, software, large)).toEqual([64]);
});
