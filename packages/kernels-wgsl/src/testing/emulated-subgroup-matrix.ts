import type { KernelSpec } from '../kernel.ts';
import { type SubgroupMatrix, subgroupMatrixWgsl } from '../subgroup-matrix.ts';

/** Matrices as arrays of one invocation, which is a subgroup by itself. */
const emulation = `
alias Left = array<Component, M * K>;
alias Right = array<Component, K * N>;
alias Sums = array<f32, M * N>;

fn loadLeft(corner: u32) -> Left {
  var matrix = Left();
  for (var i = 0u; i < M * K; i++) { matrix[i] = left[corner + i / K * STRIDE + i % K]; }
  return matrix;
}

fn loadRight(corner: u32) -> Right {
  var matrix = Right();
  for (var i = 0u; i < K * N; i++) { matrix[i] = right[corner + i % N * STRIDE + i / N]; }
  return matrix;
}

fn multiplyAccumulate(a: Left, b: Right, c: Sums) -> Sums {
  var matrix = c;
  for (var i = 0u; i < M * N; i++) {
    for (var k = 0u; k < K; k++) { matrix[i] += f32(a[i / N * K + k]) * f32(b[k * N + i % N]); }
  }
  return matrix;
}

fn storeSums(corner: u32, matrix: Sums) {
  for (var i = 0u; i < M * N; i++) { blocks[corner + i] = matrix[i]; }
}
`;

/**
 * A kernel with its subgroup matrices computed by the plain WGSL of this file, so that one that is made for hardware that
 * is not here can be run: on every adapter for f32, with f16 for halves.
 */
export function emulateSubgroupMatrix<P, B extends string>(
  spec: KernelSpec<P, B>,
  product: SubgroupMatrix,
): KernelSpec<P, B> {
  const replace = (text: string, what: string | RegExp, by: string): string => {
    const replaced = text.replaceAll(what, by);
    if (replaced === text) throw new Error(`${spec.name} has no '${what}'`);
    return replaced;
  };
  let { source } = spec;
  source = replace(source, /enable .*;|requires .*;/g, '');
  source = replace(
    source,
    /\$\{subgroupMatrix\}/g,
    replace(subgroupMatrixWgsl(product), /alias \w+ = subgroup_.*/g, ''),
  );
  source = replace(source, /@builtin\((subgroup_id|num_subgroups)\) .*/g, '');
  source = replace(source, /(?<=\bmain\([^{]*\{)/g, 'let subgroup = local;\n  let subgroups = WORKGROUP;\n');
  source = replace(source, 'subgroupMatrixLoad<Left, row_major>(&left, corner, STRIDE)', 'loadLeft(corner)');
  source = replace(source, 'subgroupMatrixLoad<Right, col_major>(&right, corner, STRIDE)', 'loadRight(corner)');
  source = replace(source, 'subgroupMatrixMultiplyAccumulate', 'multiplyAccumulate');
  source = replace(source, /subgroupMatrixStore<row_major>\(&blocks, (.*), (.*), N\)/g, 'storeSums($1, $2)');
  return { ...spec, name: `${spec.name} emulated`, source: source + emulation };
}
