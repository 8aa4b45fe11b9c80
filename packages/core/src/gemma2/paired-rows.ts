import { PANEL } from '@tama/kernels-wgsl';
import { type CheckpointTensor, rowCount, rowWidth } from '../checkpoint/checkpoint.ts';
import { checkFinite } from '../checkpoint/verify.ts';
import { type Bytes, lent } from '../storage/byte-source.ts';

/** Rows of the pair of `gate` and another matrix of its shape. */
export const pairedRows = (gate: CheckpointTensor): number => 2 * PANEL * Math.ceil(rowCount(gate) / PANEL);

/**
 * Two matrices of one shape and encoding as one: a panel of the first, a panel of the second, and so on, the last panels
 * filled up with zeros. Only one such pair is read at a time: all share an array, since garbage of this size stays for
 * long.
 */
export class PairedRows {
  #scratch: Bytes = new Uint8Array(0);

  /** Its rows are read from and up to multiples of two panels. Throws {@link NotFiniteWeightsError} as it reads. */
  of(gate: CheckpointTensor, up: CheckpointTensor): CheckpointTensor {
    const { rowBytes } = gate;
    const panelBytes = PANEL * rowBytes;
    return {
      name: `${gate.name} and ${up.name}`,
      shape: [pairedRows(gate), rowWidth(gate)],
      encoding: gate.encoding,
      rowBytes,
      readRows: async (firstRow, count, signal, into) => {
        const first = firstRow / 2;
        const rows = Math.min(count / 2, rowCount(gate) - first);
        const target = lent(count * rowBytes, into);
        // Zero bytes are weights of 0 in every encoding.
        if (rows < count / 2) target.fill(0, (count - 2 * PANEL) * rowBytes);
        if (this.#scratch.length < rows * rowBytes) this.#scratch = new Uint8Array(rows * rowBytes);
        // One after the other: tensors that are quantised as they are read share memory too.
        for (const [which, tensor] of [gate, up].entries()) {
          const bytes = await tensor.readRows(first, rows, signal, this.#scratch.subarray(0, rows * rowBytes));
          checkFinite(tensor, first, bytes);
          for (let at = 0, to = which * panelBytes; at < bytes.length; at += panelBytes, to += 2 * panelBytes) {
            target.set(bytes.subarray(at, at + panelBytes), to);
          }
        }
        return target;
      },
    };
  }
}
