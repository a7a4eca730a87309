/**
 * The child's half of supervision: a part started by `hardpoint up` talks to its supervisor over Node's IPC channel.
 * A part started by hand has no channel, and everything here does nothing.
 */
export interface Supervised {
  /** Tells the supervisor that the part serves; `facts` are shown or used by it (url, port, …). */
  ready(facts: Readonly<Record<string, unknown>>): void;
  /** Resolves when the supervisor says go (at once without one): modules are loaded meanwhile. */
  go(signal: AbortSignal): Promise<void>;
  /** Calls back when the supervisor asks for something (`drain`), or is gone (`gone`). */
  on(what: 'drain' | 'gone', callback: () => void): void;
}

export function superviseThis(child: NodeJS.Process): Supervised {
  const send = child.send?.bind(child);
  if (send === undefined || child.env.HARDPOINT_SUPERVISED !== '1') {
    return { ready: () => {}, go: () => Promise.resolve(), on: () => {} };
  }
  /** What was asked so far: who begins to listen later hears it too. */
  const asked = new Set<string>();
  const callbacks: { what: string; callback: () => void }[] = [];
  const tell = (what: string): void => {
    asked.add(what);
    for (const one of callbacks) if (one.what === what) one.callback();
  };
  let start: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  child.on('message', (message) => {
    if (message === 'go') start();
    else if (message === 'drain') tell('drain');
  });
  child.on('disconnect', () => tell('gone'));
  return {
    ready: (facts) => {
      if (!asked.has('gone')) send({ type: 'ready', facts }, undefined, undefined, () => {});
    },
    go: (signal) =>
      Promise.race([
        started,
        new Promise<void>((_, reject) => {
          if (signal.aborted) reject(signal.reason as Error);
          signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
        }),
      ]),
    on: (what, callback) => {
      callbacks.push({ what, callback });
      if (asked.has(what)) callback();
    },
  };
}
