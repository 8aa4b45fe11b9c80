/**
 * Rows of an activation are `pitch` elements apart, the width rounded up to a group of 32: what matrices are cut into.
 * The elements between stay zero, so that kernels read whole groups without a bounds check.
 */
const GROUP = 32;

export const pitchOf = (width: number): number => Math.ceil(width / GROUP) * GROUP;
