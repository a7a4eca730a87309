/** What a reconcile asks for. Nothing: wait for the next change. */
export type ReconcileResult = undefined | { readonly requeueAfterMs: number };

/** Level-triggered: sees a key, never an event; running it twice is harmless. A rejection is retried with back-off, a TerminalError is not. */
export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;
