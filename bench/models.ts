import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  configOf,
  type Gemma2Config,
  publishedSizes,
  syntheticCheckpoint,
  syntheticVocabulary,
  type WeightType,
  weightTypes,
  writeGguf,
} from '@tama/core';
import { writeNodeFile } from '@tama/core/node';
import { UsageError, wholeNumber } from './usage.ts';

const shapes: Readonly<Record<string, Gemma2Config>> = {
  ...publishedSizes,
  // The lengths of the real models at little cost: most layers' keys are soon outside their window.
  window: configOf(
    { layers: 4, hiddenSize: 256, heads: 4, kvHeads: 2, headDim: 64, intermediateSize: 1024 },
    { slidingWindow: 512, vocabularySize: 4096 },
  ),
  slice: { ...publishedSizes['2b'], layers: 2, vocabularySize: 8192 },
  tiny: configOf(
    { layers: 2, hiddenSize: 64, heads: 2, kvHeads: 1, headDim: 32, intermediateSize: 128 },
    { slidingWindow: 32, contextLength: 128, vocabularySize: 1024 },
  ),
};

/** Files of the models that are measured; what was made for it is deleted at the end. */
export class ModelFiles {
  #folder: string | undefined;

  /**
   * The file of a model that is named by its path, or by SHAPE-TYPE or SHAPE-TYPE-LAYERS, e.g. `2b-q8_0` or `9b-q4_0-2`:
   * random weights of a published shape, of `window` (8192 tokens, a window of 512), of `slice` (two layers of 2B's, 8192 pieces) or of `tiny`. @throws {UsageError}
   */
  async file(model: string): Promise<string> {
    if (existsSync(model)) return model;
    const [shape = '', type = '', layers] = model.split('-');
    const config = shapes[shape];
    if (!config || !weightTypes.includes(type as WeightType)) {
      const [names, types] = [Object.keys(shapes).join(', '), weightTypes.join(', ')];
      throw new UsageError(`--model ${model} is no file, and no SHAPE-TYPE[-LAYERS] of ${names} and ${types}`);
    }
    this.#folder ??= await mkdtemp(join(tmpdir(), 'tama-bench-'));
    const path = join(this.#folder, `${model}.gguf`);
    const checkpoint = syntheticCheckpoint(
      { ...config, ...(layers === undefined ? {} : { layers: wholeNumber('--model SHAPE-TYPE-LAYERS', layers, 1) }) },
      { type: type as WeightType, seed: 1, vocabulary: syntheticVocabulary(config.vocabularySize) },
    );
    const tokenizer = await checkpoint.tokenizer?.();
    await writeNodeFile(path, (sink) => writeGguf(checkpoint, tokenizer, sink));
    return path;
  }

  async dispose(): Promise<void> {
    if (this.#folder) await rm(this.#folder, { recursive: true });
  }
}
