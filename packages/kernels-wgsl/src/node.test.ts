import { expect, it, vi } from 'vitest';

it('says which package Node needs for WebGPU, where it is not there', async () => {
  vi.doMock('webgpu', () => {
    throw new Error("Cannot find package 'webgpu'");
  });
  const { openDawn } = await import('./node.ts');
  await expect(openDawn()).rejects.toMatchObject({
    code: 'dawn-missing',
    message: expect.stringContaining('npm install webgpu'),
  });
});
