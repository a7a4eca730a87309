/** `promise`, abandoned with the signal's reason when it aborts first. */
export function waitFor<R>(promise: Promise<R>, signal?: AbortSignal): Promise<R> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(signal.reason);
    if (signal.aborted) {
      abandon();
      return;
    }
    signal.addEventListener('abort', abandon, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}
