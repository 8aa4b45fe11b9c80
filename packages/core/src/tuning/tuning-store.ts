/** Where the results of tuning are kept between starts: one JSON value. Both may fail; loading a model does not. */
export type TuningStore = {
  /** What was written last, or undefined. It may be anything: whoever reads it checks it. */
  read(): Promise<unknown>;
  write(value: unknown): Promise<void>;
};
