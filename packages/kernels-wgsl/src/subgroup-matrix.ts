/**
 * A product that a subgroup computes at once, as an adapter lists it: result [M, N] += left [M, K] · right [K, N].
 * https://github.com/gpuweb/gpuweb/blob/main/proposals/subgroup-matrix.md, still a draft: Dawn has it as an experiment.
 */
export type SubgroupMatrix = {
  readonly componentType: string;
  readonly resultComponentType: string;
  readonly M: number;
  readonly N: number;
  readonly K: number;
};

export const subgroupMatrixFeature = 'chromium-experimental-subgroup-matrix' as GPUFeatureName;

/** What a subgroup computes of a tile of y, and the columns of x and W that are at hand at a time: of four or two bytes. */
const unit = { rows: 16, columns: 32 } as const;
const depth = { f32: 16, f16: 32 } as const;

/**
 * The product to multiply by, among those of an adapter: sums are f32, or it is not used. One of f32 all through loses
 * nothing and is taken before one of f16; else the first, which Vulkan's drivers prefer themselves.
 */
export function chooseSubgroupMatrix(offered: Iterable<SubgroupMatrix>, f16: boolean): SubgroupMatrix | undefined {
  const usable = (type: 'f32' | 'f16') => (one: SubgroupMatrix) =>
    one.componentType === type &&
    one.resultComponentType === 'f32' &&
    unit.rows % one.M === 0 &&
    unit.columns % one.N === 0 &&
    depth[type] % one.K === 0;
  const all = [...offered];
  return all.find(usable('f32')) ?? (f16 ? all.find(usable('f16')) : undefined);
}

/** Fills the `${subgroupMatrix}` slot of a shader, before anything but directives. */
export function subgroupMatrixWgsl({ componentType, M, N, K }: SubgroupMatrix): string {
  const f16 = componentType === 'f16';
  return `${f16 ? 'enable f16;\n' : ''}alias Component = ${componentType};
const HALVES = ${f16};
const M = ${M}u;
const N = ${N}u;
const K = ${K}u;
alias Left = subgroup_matrix_left<Component, K, M>;
alias Right = subgroup_matrix_right<Component, N, K>;
alias Sums = subgroup_matrix_result<f32, N, M>;
const UNIT_ROWS = ${unit.rows}u;
const UNIT_COLUMNS = ${unit.columns}u;
const DEPTH = ${f16 ? depth.f16 : depth.f32}u;`;
}

/** E.g. `f16 16x16x16`. */
export const subgroupMatrixName = ({ componentType, M, N, K }: SubgroupMatrix): string =>
  `${componentType} ${M}x${N}x${K}`;
