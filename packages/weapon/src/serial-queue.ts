/** Runs what is handed in one after another, in order. */
export type SerialQueue = <T>(act: () => Promise<T>) => Promise<T>;

/** A failure of one does not touch the next. */
export function createSerialQueue(): SerialQueue {
  let last: Promise<unknown> = Promise.resolve();
  return (act) => {
    const run = last.then(act);
    last = run.catch(() => {});
    return run;
  };
}
