import { expect, it } from 'vitest';
import { testGpu } from './index.ts';

const { TAMA_TEST_SUBGROUP_SIZE: lanes } = process.env;

// Elsewhere the adapter is the machine's own. Without the number this fails: a run that lost it would test nothing of subgroups.
it.runIf(process.platform === 'linux')('subgroups have as many lanes as they are tested with', async () => {
  const { info, features } = await testGpu();
  expect(features.subgroups).toBe(true);
  expect([info.subgroupMinSize, info.subgroupMaxSize]).toEqual([Number(lanes), Number(lanes)]);
});
