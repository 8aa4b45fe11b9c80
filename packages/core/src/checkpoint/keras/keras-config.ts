import { largestHeadDim } from '@tama/kernels-wgsl';
import { multipleOf, object } from '../../expectation.ts';
import {
  attentionSoftcap,
  type Fields,
  integer,
  isFields,
  positive,
  queryScale,
  type ReadConfig,
  requireValue,
} from '../../gemma2/config.ts';
import { ModelConfigError, WrongFamilyError } from '../checkpoint-errors.ts';

/**
 * Reads the configuration of a keras-hub GemmaBackbone: the preset's config.json, or only the part inside it. Gemma 1
 * has the same class and is told apart by its missing post-norms.
 */
export function configFromKeras(json: Fields, vocabularySize: number, name = 'config.json'): ReadConfig {
  const className = json.class_name;
  if (className !== undefined && className !== 'GemmaBackbone') throw new WrongFamilyError(name, String(className));
  const fields = className === undefined ? json : json.config;
  if (!isFields(fields)) throw new ModelConfigError('config', fields, object);
  if (fields.use_post_ffw_norm === false || fields.use_post_attention_norm === false)
    throw new WrongFamilyError(name, 'gemma');
  requireValue(fields, 'use_sliding_window_attention', true);
  const hiddenSize = integer(fields, 'hidden_dim', 2 ** 16);
  const heads = integer(fields, 'num_query_heads', 1024);
  const kvHeads = integer(fields, 'num_key_value_heads', 1024);
  const headDim = integer(fields, 'head_dim', largestHeadDim);
  // Keras counts gate and up together.
  const doubled = integer(fields, 'intermediate_dim', 2 ** 21);
  if (doubled % 2 !== 0) throw new ModelConfigError('intermediate_dim', doubled, multipleOf(2));
  if (headDim % 4 !== 0) throw new ModelConfigError('head_dim', headDim, multipleOf(4));
  if (heads % kvHeads !== 0) throw new ModelConfigError('num_query_heads', heads, multipleOf(kvHeads));
  const scalar = fields.query_head_dim_normalize === false ? hiddenSize / heads : headDim;
  const scale = queryScale({ hiddenSize, heads, headDim }, scalar);
  const config = {
    layers: integer(fields, 'num_layers', 1024),
    hiddenSize,
    heads,
    kvHeads,
    headDim,
    intermediateSize: doubled / 2,
    vocabularySize,
    contextLength: 8192,
    slidingWindow: integer(fields, 'sliding_window_size', 2 ** 20, 4096),
    attentionSoftcap: attentionSoftcap(fields, 'attention_logit_soft_cap'),
    finalSoftcap: positive(fields, 'final_logit_soft_cap', 30),
    queryScale: scale.queryScale,
    ropeTheta: 10_000,
    rmsEpsilon: positive(fields, 'layer_norm_epsilon', 1e-6),
  };
  return { config, warnings: scale.warnings };
}
