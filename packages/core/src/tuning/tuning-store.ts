/** Where the results of tuning are kept between starts: one JSON value. Both may fail; loading a model does not. */
export type TuningStore = {
  /** What was written last, or undefined. It may be anything: whoever reads it checks it. */
  read(): Promise<unknown>;
  write(value: unknown): Promise<void>;
  /** Runs `use`, which reads and writes, while nobody else runs theirs: no other call, tab, worker or process. */
  exclusive?<T>(use: () => Promise<T>): Promise<T>;
};
