import { metadataOf, type Registry } from '../registry/registry.ts';
import { stringAt } from '../schema/contract.ts';

/** Events live an hour from their last change, as with kube-apiserver's --event-ttl. */
const lifeMs = 3600_000;
const sweepMs = 60_000;

export function expireEvents(options: { readonly registry: Registry; readonly signal: AbortSignal }): void {
  const { registry, signal } = options;
  const { store, clock } = registry;
  const touched = new Map<string, number>();
  for (const [key, event] of store.list('events')) {
    touched.set(key, Date.parse(stringAt(metadataOf(event), 'creationTimestamp') ?? '') || clock.now());
  }
  const subscription = store.subscribe('events', ({ key, object }) => {
    if (object === undefined) touched.delete(key);
    else {
      // Re-inserted, so that the map stays in the order of the last change.
      touched.delete(key);
      touched.set(key, clock.now());
    }
  });
  let timer = clock.timer(sweepMs, sweep);
  function sweep(): void {
    const limit = clock.now() - lifeMs;
    for (const [key, at] of touched) {
      if (at > limit) break;
      store.write('events', key, undefined);
    }
    timer = clock.timer(sweepMs, sweep);
  }
  signal.addEventListener('abort', () => {
    timer[Symbol.dispose]();
    subscription[Symbol.dispose]();
  });
}
