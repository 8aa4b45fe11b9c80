import { engineOptions } from '../model/engine-options.ts';

export const { verbose } = engineOptions;
