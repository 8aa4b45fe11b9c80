// A matrix is cut into panels of 8 rows; see weight-format.ts for what lies where in `weights` and `scales`.
const PANEL = 8u;
