/** An array of strings (8), f32 (6) or i32 (5) from the metadata of a GGUF file that is known to be sound. */
export function ggufArray(file: Uint8Array, key: string): (string | number)[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const name = new TextEncoder().encode(key);
  let at = 0;
  while (!name.every((byte, index) => file[at + index] === byte)) at++;
  at += name.length + 4; // the value's type: array
  const type = view.getUint32(at, true);
  const count = Number(view.getBigUint64(at + 4, true));
  at += 12;
  return Array.from({ length: count }, () => {
    const start = at;
    at += 4;
    if (type === 6) return view.getFloat32(start, true);
    if (type === 5) return view.getInt32(start, true);
    const length = Number(view.getBigUint64(start, true));
    at = start + 8 + length;
    return new TextDecoder().decode(file.subarray(start + 8, at));
  });
}
