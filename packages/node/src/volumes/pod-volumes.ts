import { chmod, mkdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join, posix, relative } from 'node:path';
import { type Container, type Pod, SERVICE_ACCOUNTS, type Volume } from '@hardpoint/kubernetes';
import type { Client, Clock } from '@hardpoint/machinery';
import { NodeError } from '../node-error.ts';
import type { Allocatable, PodAddresses } from '../pod/field-value.ts';
import { expandVariables } from '../pod/variable-expansion.ts';
import { writeAtomicFolder } from './atomic-folder.ts';
import type { ObjectSource } from './object-source.ts';
import { type PodFolders, TERMINATION_LOG } from './pod-folders.ts';
import { isProjected, type VolumeReader, volumeContent } from './volume-content.ts';

/** Names of scratch links that are taken. */
const RESERVED = new Set([TERMINATION_LOG, '.', '..', '']);

/** A Pod's volumes and the scratch roots of its containers. */
export interface PodVolumes {
  /** Makes every volume, or brings its content up to date. Rejects with a NodeError where a source is missing. */
  refresh(options: {
    readonly pod: Pod;
    readonly addresses: PodAddresses;
    readonly signal: AbortSignal;
  }): Promise<void>;
  /** Milliseconds after which a refresh is due for a token's sake; undefined where there is no token. */
  refreshDueMs(): number | undefined;
  /** Makes the scratch root of an attempt; answers the table from mount path to folder below it. */
  scratch(options: {
    readonly container: Container;
    readonly attempt: number;
    readonly env: ReadonlyMap<string, string>;
  }): Promise<Record<string, string>>;
  /** Removes all of the Pod's files except its logs. */
  remove(): Promise<void>;
}

interface TokenAnswer {
  readonly status?: { readonly token?: string; readonly expirationTimestamp?: string };
}

export function createPodVolumes(options: {
  readonly folders: PodFolders;
  readonly client: Client;
  readonly clock: Clock;
  readonly objects: ObjectSource;
  readonly allocatable: Allocatable;
}): PodVolumes {
  const { folders, client, clock, objects, allocatable } = options;
  const tokens = new Map<string, { readonly token: string; readonly renewAtMs: number }>();
  let writes = 0;

  const token = async (
    pod: Pod,
    request: { readonly audience?: string | undefined; readonly expirationSeconds: number },
    signal: AbortSignal,
  ): Promise<string> => {
    const key = `${request.audience ?? ''} ${request.expirationSeconds}`;
    const held = tokens.get(key);
    if (held !== undefined && held.renewAtMs > clock.now()) return held.token;
    const namespace = pod.metadata?.namespace ?? '';
    const name = pod.spec?.serviceAccountName ?? 'default';
    const answer = await client.createSubresource<TokenAnswer>(
      SERVICE_ACCOUNTS,
      { namespace, name },
      'token',
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {
          audiences: request.audience === undefined || request.audience === '' ? [] : [request.audience],
          expirationSeconds: request.expirationSeconds,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.metadata?.name, uid: pod.metadata?.uid },
        },
      },
      { signal },
    );
    const issued = answer.status?.token;
    if (issued === undefined) throw new NodeError('VolumeNotReady', `no token for service account ${name}`);
    const expires = Date.parse(answer.status?.expirationTimestamp ?? '');
    const left = Number.isNaN(expires) ? request.expirationSeconds * 1000 : expires - clock.now();
    tokens.set(key, { token: issued, renewAtMs: clock.now() + left * 0.8 });
    return issued;
  };

  const refreshOne = async (volume: Volume, pod: Pod, addresses: PodAddresses, signal: AbortSignal): Promise<void> => {
    const folder = folders.volume(volume.name);
    if (volume.emptyDir !== undefined) {
      await mkdir(folder, { recursive: true });
      return;
    }
    if (volume.hostPath !== undefined || !isProjected(volume)) {
      throw new NodeError('VolumeNotReady', 'this kind of volume is not served by the embedded node');
    }
    const namespace = pod.metadata?.namespace ?? '';
    const reader: VolumeReader = {
      configMap: (name) => objects.configMap(namespace, name, signal),
      secret: (name) => objects.secret(namespace, name, signal),
      serviceAccountToken: (request) => token(pod, request, signal),
    };
    const files = await volumeContent({ volume, pod, addresses, allocatable, reader });
    const stamp = `${new Date(clock.now()).toISOString().replace(/[-:TZ]/g, '_')}${++writes}`;
    await writeAtomicFolder({ folder, files, stamp });
  };

  return {
    async refresh({ pod, addresses, signal }) {
      for (const volume of pod.spec?.volumes ?? []) {
        try {
          await refreshOne(volume, pod, addresses, signal);
        } catch (error) {
          if (signal.aborted) throw error;
          const reason = error instanceof Error ? error.message : String(error);
          throw new NodeError('VolumeNotReady', `MountVolume.SetUp failed for volume "${volume.name}" : ${reason}`, {
            cause: error,
          });
        }
      }
    },
    refreshDueMs() {
      const next = Math.min(...[...tokens.values()].map(({ renewAtMs }) => renewAtMs));
      return Number.isFinite(next) ? Math.max(1000, next - clock.now()) : undefined;
    },
    async scratch({ container, attempt, env }) {
      const root = folders.scratch(container.name, attempt);
      await rm(root, { recursive: true, force: true });
      await mkdir(root, { recursive: true });
      if (attempt > 1) {
        // The one before stays: its termination message may not have been read yet.
        await rm(folders.scratch(container.name, attempt - 2), { recursive: true, force: true });
      }
      const table: Record<string, string> = {};
      const taken = new Set(RESERVED);
      for (const mount of container.volumeMounts ?? []) {
        const path = posix.normalize(mount.mountPath).replace(/\/+$/, '');
        const link = freeName(path, taken);
        const within = expandVariables(mount.subPathExpr ?? mount.subPath ?? '', env);
        if (within.split('/').includes('..')) {
          throw new NodeError('ContainerConfig', `subPath "${within}" must not contain ".."`);
        }
        const target = join(folders.volume(mount.name), within);
        if (within !== '' && (await stat(target).catch(() => undefined)) === undefined) {
          await mkdir(target, { recursive: true });
        }
        await symlink(relative(root, target), join(root, link));
        table[path] = link;
      }
      const log = join(root, TERMINATION_LOG);
      await writeFile(log, '');
      await chmod(log, 0o666);
      table[container.terminationMessagePath ?? '/dev/termination-log'] = TERMINATION_LOG;
      return table;
    },
    async remove() {
      await rm(folders.root, { recursive: true, force: true });
    },
  };

  function freeName(path: string, taken: Set<string>): string {
    let name = basename(path);
    if (taken.has(name)) name = path.split('/').filter(Boolean).join('-');
    for (let n = 2; taken.has(name); n++) name = `${basename(path)}-${n}`;
    taken.add(name);
    return name;
  }
}
