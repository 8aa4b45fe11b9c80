// A product of many rows: y[b, offset + n] = sum over k of W[n, k] * x[b, k]
struct Params {
  batch: u32,
  columns: u32,
  rows: u32,
  offset: u32,  // of the first row's result in a row of y
  pitch: u32,   // of y
}

#include "step.wgsl"

@group(0) @binding(0) var<storage, read> step: Step;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;            // [batch, pitch of columns]
@group(0) @binding(2) var<storage, read> weights: array<vec4<u32>>;  // W [rows, columns], packed
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;        // [batch, pitch]
@group(0) @binding(5) var<uniform> params: Params;

#include "../weights/group.wgsl"
${weights}
