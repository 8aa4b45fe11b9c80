/**
 * Writes one block of weights: the values from `at` on go to the bytes from `offset` on, in ggml's layout, whose meaning
 * kernels-wgsl's `dequantize` of the same name defines.
 */
export type Quantiser = (values: Float32Array, at: number, target: DataView, offset: number) => void;
