/** The values that a nibble of IQ4_NL and IQ4_XS stands for. */
export const iq4Values = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113] as const;
