import { PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { ApiError } from '@hardpoint/machinery';
import type { Handle } from '../../framework/plugin.ts';
import { failed, type Status } from '../../framework/status.ts';
import { noArgs, pluginFactory } from '../factory.ts';

export const DEFAULT_BINDER = 'DefaultBinder';

/** Between questions after an answer that was lost, ms. */
const ASK_AGAIN_MS = 200;

/** Answers that leave nothing open: the Binding was refused and will not take effect. */
function isDefinite(error: ApiError): boolean {
  return error.status >= 400 && error.status < 500 && error.status !== 408 && error.code !== 'Conflict';
}

/** What the API says of the Pod now; keeps asking until there is an answer. */
async function readBack(
  handle: Handle,
  pod: Stored<Pod>,
  node: string,
  cause: ApiError,
  signal: AbortSignal,
): Promise<Status> {
  const { namespace, name, uid } = pod.metadata;
  for (;;) {
    try {
      const found = await handle.client.get(PODS, { namespace, name }, { signal });
      if (found.metadata.uid === uid && found.spec?.nodeName === node) return undefined;
      return failed(cause.message, cause);
    } catch (error) {
      signal.throwIfAborted();
      const { code, status } = ApiError.from(error);
      if (code === 'NotFound') return failed(cause.message, cause);
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) return failed(cause.message, cause);
      await handle.clock.sleep(ASK_AGAIN_MS, signal);
    }
  }
}

/**
 * Binds through the API. The Binding carries the Pod's UID and resourceVersion, so it can only succeed for the very Pod
 * that was judged (S1). Where the answer is lost, or says the Pod is bound already, the API is asked which is true.
 */
export const defaultBinder = pluginFactory<undefined>({
  name: DEFAULT_BINDER,
  points: ['bind'],
  args: noArgs,
  create: (_args, handle) => ({
    name: DEFAULT_BINDER,
    bind: async (_state, { pod }, node, signal) => {
      const { namespace, name, uid, resourceVersion } = pod.metadata;
      try {
        await handle.client.createSubresource(
          PODS,
          { namespace, name },
          'binding',
          {
            apiVersion: 'v1',
            kind: 'Binding',
            metadata: { namespace, name, uid, resourceVersion },
            target: { apiVersion: 'v1', kind: 'Node', name: node },
          },
          { signal },
        );
        return undefined;
      } catch (error) {
        signal.throwIfAborted();
        const cause = ApiError.from(error);
        return isDefinite(cause) ? failed(cause.message, cause) : await readBack(handle, pod, node, cause, signal);
      }
    },
  }),
});
