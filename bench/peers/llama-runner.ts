import { availableParallelism } from 'node:os';
import { getLlama, LlamaLogLevel, type Token } from 'node-llama-cpp';
import { serve } from './runner.ts';

// MODEL CONTEXT cpu|vulkan: llama.cpp runs a model by node-llama-cpp. Its binaries are in its packages.
const [modelPath, context, gpu] = process.argv.slice(2);
const llama = await getLlama({
  gpu: gpu === 'vulkan' ? 'vulkan' : false,
  build: 'never',
  progressLogs: false,
  logLevel: LlamaLogLevel.error,
});
const model = await llama.loadModel({ modelPath: modelPath!, gpuLayers: gpu === 'vulkan' ? 'max' : 0 });
const { contextSize, threads } = { contextSize: Number(context), threads: availableParallelism() };
const sequence = (await model.createContext({ contextSize, threads })).getSequence();
serve(async ({ tokens, decode }, onToken) => {
  await sequence.clearHistory();
  let count = 0;
  for await (const _ of sequence.evaluate(tokens as Token[], { temperature: 0, yieldEogToken: true })) {
    onToken();
    if (++count === decode) break;
  }
});
