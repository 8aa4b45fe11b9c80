import { bf16 } from './bf16/bf16.ts';
import { f16 } from './f16/f16.ts';
import { f32 } from './f32/f32.ts';
import { q4_0 } from './q4_0/q4_0.ts';
import { q8_0 } from './q8_0/q8_0.ts';
import type { WeightEncoding, WeightFormat } from './weight-format.ts';

/** Every encoding the kernels compute with. */
export const weightFormats: Readonly<Record<WeightEncoding, WeightFormat>> = { f32, f16, bf16, q8_0, q4_0 };
