import { expect, it } from 'vitest';
import { testGpu } from './index.ts';

const { TAMA_TEST_SUBGROUP_SIZE: lanes } = process.env;

it.runIf(lanes)('subgroups have as many lanes as they are tested with', async () => {
  const { info, features } = await testGpu();
  expect(features.subgroups).toBe(true);
  expect([info.subgroupMinSize, info.subgroupMaxSize]).toEqual([Number(lanes), Number(lanes)]);
});
