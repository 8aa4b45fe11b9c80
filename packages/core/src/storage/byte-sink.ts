/** Takes the bytes of a file in order. The array belongs to the caller again when the promise resolves. */
export interface ByteSink {
  write(bytes: Uint8Array): Promise<void>;
}
