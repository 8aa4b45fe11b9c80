import { bf16 } from './bf16/bf16.ts';
import { f16 } from './f16/f16.ts';
import { f32 } from './f32/f32.ts';
import { iq4_nl } from './iq4_nl/iq4_nl.ts';
import { iq4_xs } from './iq4_xs/iq4_xs.ts';
import { q2_k } from './q2_k/q2_k.ts';
import { q3_k } from './q3_k/q3_k.ts';
import { q4_0 } from './q4_0/q4_0.ts';
import { q4_1 } from './q4_1/q4_1.ts';
import { q4_k } from './q4_k/q4_k.ts';
import { q5_0 } from './q5_0/q5_0.ts';
import { q5_1 } from './q5_1/q5_1.ts';
import { q5_k } from './q5_k/q5_k.ts';
import { q6_k } from './q6_k/q6_k.ts';
import { q8_0 } from './q8_0/q8_0.ts';
import type { WeightEncoding, WeightFormat } from './weight-format.ts';

/** Every encoding the kernels compute with. */
export const weightFormats: Readonly<Record<WeightEncoding, WeightFormat>> = {
  f32,
  f16,
  bf16,
  q8_0,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q4_k,
  q5_k,
  q6_k,
  q2_k,
  q3_k,
  iq4_nl,
  iq4_xs,
};
