import type { ByteFolder, Bytes } from '../byte-source.ts';

/** Where a store keeps its files: the origin's private file system, or a folder on Node's disk. Paths are relative. */
export interface StoreBacking {
  /** Tells stores apart where those who share one talk to each other. */
  readonly name: string;
  /** Opens a file to be written at any place, with its folders, and keeps what is in it. */
  openWriter(path: string): Promise<StoreWriter>;
  /** Replaces a small file; who reads it after a crash half way finds the old text or the new. */
  writeText(path: string, text: string): Promise<void>;
  readText(path: string): Promise<string | undefined>;
  /** Names of the folders at the top. */
  folders(): Promise<readonly string[]>;
  /** The files below a path, to be read. */
  folder(path: string): ByteFolder;
  /** Removes a file, or a folder with everything in it; nothing happens if there is none. */
  remove(path: string): Promise<void>;
  /** What may still be written, if that can be known. */
  availableBytes(): Promise<number | undefined>;
  /** True of what a write throws when there is no more room. */
  isFull(error: unknown): boolean;
  /** True of what a removal or the opening of a writer throws while somebody reads the files. */
  isInUse(error: unknown): boolean;
  /** Asks that the files be kept when space becomes scarce. */
  persist(): Promise<void>;
  sha256(): Sha256;
  /** Runs `use` while nobody else runs theirs under the same name: no other call, tab, worker or process. */
  exclusive<T>(name: string, use: () => Promise<T>, options?: ExclusiveOptions): Promise<T>;
  /** True while somebody's `use` under this name is running. */
  isHeld(name: string): Promise<boolean>;
}

export type ExclusiveOptions = {
  /** Ends the waiting, not `use`. */
  readonly signal?: AbortSignal;
  /** Called now and again while somebody else is at it, where nothing else tells how far they are. */
  readonly onWaiting?: () => void;
};

export type StoreWriter = {
  readonly size: number;
  /** {@link flush} costs much where this is large: call it after so many bytes. */
  readonly flushEveryBytes: number;
  /** Claims room for a file of this size, where the file system can: what is missing shows before it is needed. */
  reserve?(size: number): Promise<void>;
  write(offset: number, bytes: Bytes): Promise<void>;
  /** What was written survives a crash from here on. */
  flush(): Promise<void>;
  close(): Promise<void>;
};

export type Sha256 = { update(bytes: Uint8Array): void; digestHex(): string };
