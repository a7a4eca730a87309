import type { Container, Pod } from '@hardpoint/kubernetes';
import { resolveImage } from '../image-table.ts';
import type { ContainerRecord } from '../runtime/container-runtime.ts';
import type { PodFolders } from '../volumes/pod-folders.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { type BackOff, createBackOff } from './back-off.ts';
import { containerEnvironment } from './container-environment.ts';
import type { PodEvents } from './pod-events.ts';
import type { PodHost } from './pod-host.ts';
import type { StartFailure } from './pod-status.ts';
import { expandVariables } from './variable-expansion.ts';

export type StartOutcome =
  | { readonly kind: 'started'; readonly record: ContainerRecord }
  | { readonly kind: 'failed'; readonly failure: StartFailure; readonly retryInMs: number };

/** When to look again after a failure that has no back-off of its own, ms. */
const RETRY_MS = 2000;

/** Turns a container of a Pod into a running one: image, environment, scratch root, start. */
export interface ContainerStarter {
  /** Never rejects for what is wrong with the container; that is an outcome. */
  start(pod: Pod, container: Container, attempt: number, signal: AbortSignal): Promise<StartOutcome>;
}

export function createContainerStarter(options: {
  readonly host: PodHost;
  readonly events: PodEvents;
  readonly folders: PodFolders;
  readonly volumes: PodVolumes | undefined;
}): ContainerStarter {
  const { host, events, folders, volumes } = options;
  const { clock } = host;
  const pulls: BackOff = createBackOff(host.backOff);
  const failedPulls = new Map<string, { readonly atMs: number; readonly message: string }>();

  const pull = (
    container: Container,
  ):
    | { failure: StartFailure; retryInMs: number }
    | { argv: string[]; env: Record<string, string>; imageId: string } => {
    const image = container.image ?? '';
    const answer = resolveImage(host.images, image);
    if (answer.kind === 'found') {
      const note = `Container image "${image}" already present on machine and can be accessed by the pod`;
      events.container(container, 'Normal', 'Pulled', note);
      return { argv: [...answer.entry.command], env: { ...answer.entry.env }, imageId: answer.imageId };
    }
    if (answer.kind === 'invalid') {
      events.container(container, 'Warning', 'InspectFailed', answer.message);
      events.container(container, 'Warning', 'Failed', 'Error: InvalidImageName');
      return { failure: { reason: 'InvalidImageName', message: answer.message }, retryInMs: host.backOff.baseMs };
    }
    if (container.imagePullPolicy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`;
      events.container(container, 'Warning', 'ErrImageNeverPull', message);
      events.container(container, 'Warning', 'Failed', 'Error: ErrImageNeverPull');
      return { failure: { reason: 'ErrImageNeverPull', message }, retryInMs: host.backOff.baseMs };
    }
    const before = failedPulls.get(image);
    const waitMs = before === undefined ? 0 : pulls.remaining(image, before.atMs, clock.now());
    if (before !== undefined && waitMs > 0) {
      const note = `Back-off pulling image "${image}"`;
      events.container(container, 'Normal', 'BackOff', note);
      events.container(container, 'Warning', 'Failed', 'Error: ImagePullBackOff');
      const message = `${note}: ErrImagePull: ${before.message}`;
      return { failure: { reason: 'ImagePullBackOff', message }, retryInMs: waitMs };
    }
    const message = `rpc error: code = NotFound desc = ${answer.message}`;
    events.container(container, 'Normal', 'Pulling', `Pulling image "${image}"`);
    events.container(container, 'Warning', 'Failed', `Failed to pull image "${image}": ${message}`);
    events.container(container, 'Warning', 'Failed', 'Error: ErrImagePull');
    failedPulls.set(image, { atMs: clock.now(), message });
    pulls.next(image, clock.now());
    return { failure: { reason: 'ErrImagePull', message }, retryInMs: Math.min(RETRY_MS, host.backOff.baseMs / 2) };
  };

  return {
    async start(pod, container, attempt, signal) {
      const image = pull(container);
      if ('failure' in image) return { kind: 'failed', ...image };
      const uid = pod.metadata?.uid ?? '';
      const namespace = pod.metadata?.namespace ?? '';
      const podName = pod.metadata?.name ?? '';
      const node = pod.spec?.nodeName ?? '';
      let env: Map<string, string>;
      let mounts: Record<string, string> | undefined;
      try {
        env = await containerEnvironment({
          pod,
          container,
          addresses: { podIp: host.addresses.addressOf(uid), hostIp: host.hostIp },
          allocatable: host.allocatable(node),
          objects: {
            configMap: (name) => host.objects.configMap(namespace, name, signal),
            secret: (name) => host.objects.secret(namespace, name, signal),
          },
        });
        mounts = await volumes?.scratch({ container, attempt, env });
      } catch (error) {
        signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        events.container(container, 'Warning', 'Failed', `Error: ${message}`);
        return {
          kind: 'failed',
          failure: { reason: 'CreateContainerConfigError', message },
          retryInMs: RETRY_MS,
        };
      }
      const expand = (words: readonly string[] | undefined) => (words ?? []).map((word) => expandVariables(word, env));
      const command = container.command ?? [];
      const argv = [...(command.length > 0 ? expand(command) : image.argv), ...expand(container.args)];
      const record = await host.runtime.start({
        id: `${host.random.uuid()}${host.random.uuid()}`.replaceAll('-', ''),
        podUid: uid,
        namespace,
        pod: podName,
        node,
        container: container.name,
        attempt,
        image: container.image ?? '',
        imageId: image.imageId,
        argv,
        env: {
          ...host.baseEnv,
          HOSTNAME: pod.spec?.hostname ?? podName,
          ...image.env,
          ...Object.fromEntries(env),
          ...(mounts === undefined ? {} : { HARDPOINT_MOUNTS: JSON.stringify(mounts) }),
        },
        cwd: mounts === undefined ? '' : folders.scratch(container.name, attempt),
        logFile: mounts === undefined ? '' : folders.log(container.name, attempt),
        terminationLog: mounts === undefined ? '' : folders.terminationLog(container.name, attempt),
      });
      events.container(container, 'Normal', 'Created', 'Container created');
      if (record.phase.kind === 'exited' && record.phase.error !== undefined) {
        events.container(container, 'Warning', 'Failed', `Error: ${record.phase.error}`);
      } else {
        events.container(container, 'Normal', 'Started', 'Container started');
      }
      return { kind: 'started', record };
    },
  };
}
