import type {
  ConfigMap,
  DownwardAPIVolumeFile,
  KeyToPath,
  Pod,
  Secret,
  Volume,
  VolumeProjection,
} from '@hardpoint/kubernetes';
import { NodeError } from '../node-error.ts';
import { type Allocatable, type PodAddresses, podFieldValue, resourceFieldValue } from '../pod/field-value.ts';
import type { ProjectedFile } from './atomic-folder.ts';

export interface VolumeReader {
  configMap(name: string): Promise<ConfigMap | undefined>;
  secret(name: string): Promise<Secret | undefined>;
  serviceAccountToken(options: {
    readonly audience?: string | undefined;
    readonly expirationSeconds: number;
  }): Promise<string>;
}

const DEFAULT_MODE = 0o644;
const DEFAULT_TOKEN_SECONDS = 3600;

type Entries = ReadonlyMap<string, Uint8Array>;

function configMapEntries(map: ConfigMap): Entries {
  return new Map([
    ...Object.entries(map.data ?? {}).map(([key, text]) => [key, Buffer.from(text)] as const),
    ...Object.entries(map.binaryData ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')] as const),
  ]);
}

function secretEntries(secret: Secret): Entries {
  return new Map(Object.entries(secret.data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64')]));
}

function chosen(options: {
  readonly entries: Entries | undefined;
  readonly what: 'configmap' | 'secret';
  readonly name: string;
  readonly items: readonly KeyToPath[] | undefined;
  readonly optional: boolean;
  readonly mode: number;
}): [string, ProjectedFile][] {
  const { entries, what, name, items, optional, mode } = options;
  if (entries === undefined) {
    if (optional) return [];
    throw new NodeError('VolumeNotReady', `${what} "${name}" not found`);
  }
  if (items === undefined || items.length === 0) {
    return [...entries].map(([path, content]) => [path, { content, mode }]);
  }
  const files: [string, ProjectedFile][] = [];
  for (const item of items) {
    const content = entries.get(item.key);
    if (content !== undefined) files.push([item.path, { content, mode: item.mode ?? mode }]);
    else if (!optional)
      throw new NodeError(
        'VolumeNotReady',
        `references non-existent ${what === 'secret' ? 'secret' : 'config'} key: ${item.key}`,
      );
  }
  return files;
}

function downwardFiles(options: {
  readonly items: readonly DownwardAPIVolumeFile[] | undefined;
  readonly pod: Pod;
  readonly addresses: PodAddresses;
  readonly allocatable: Allocatable;
  readonly mode: number;
}): [string, ProjectedFile][] {
  const { items, pod, addresses, allocatable, mode } = options;
  const any = pod.spec?.containers[0];
  return (items ?? []).map((item) => {
    let text = '';
    if (item.fieldRef !== undefined) text = podFieldValue(item.fieldRef, pod, addresses);
    else if (item.resourceFieldRef !== undefined && any !== undefined) {
      text = resourceFieldValue(item.resourceFieldRef, pod, any, allocatable);
    }
    return [item.path, { content: Buffer.from(text), mode: item.mode ?? mode }];
  });
}

/** Whether a volume's files come from the API and follow it. */
export function isProjected(volume: Volume): boolean {
  return [volume.configMap, volume.secret, volume.downwardAPI, volume.projected].some((each) => each !== undefined);
}

/** The names of the objects whose change changes the Pod's volumes. */
export function volumeReferences(pod: Pod): { readonly configMaps: string[]; readonly secrets: string[] } {
  const configMaps: string[] = [];
  const secrets: string[] = [];
  for (const volume of pod.spec?.volumes ?? []) {
    if (volume.configMap?.name !== undefined) configMaps.push(volume.configMap.name);
    if (volume.secret?.secretName !== undefined) secrets.push(volume.secret.secretName);
    for (const source of volume.projected?.sources ?? []) {
      if (source.configMap?.name !== undefined) configMaps.push(source.configMap.name);
      if (source.secret?.name !== undefined) secrets.push(source.secret.name);
    }
  }
  return { configMaps, secrets };
}

/** The files of a configMap, secret, downwardAPI or projected volume. Throws a NodeError where a source is missing. */
export async function volumeContent(options: {
  readonly volume: Volume;
  readonly pod: Pod;
  readonly addresses: PodAddresses;
  readonly allocatable: Allocatable;
  readonly reader: VolumeReader;
}): Promise<Map<string, ProjectedFile>> {
  const { volume, pod, addresses, allocatable, reader } = options;
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) {
    return new Map(await fromConfigMap(configMap, configMap.defaultMode ?? DEFAULT_MODE));
  }
  if (secret !== undefined) {
    const { secretName: name, items, optional } = secret;
    return new Map(await fromSecret({ name, items, optional }, secret.defaultMode ?? DEFAULT_MODE));
  }
  if (downwardAPI !== undefined) {
    const mode = downwardAPI.defaultMode ?? DEFAULT_MODE;
    return new Map(downwardFiles({ items: downwardAPI.items, pod, addresses, allocatable, mode }));
  }
  const files: [string, ProjectedFile][] = [];
  for (const source of projected?.sources ?? []) {
    files.push(...(await fromProjection(source, projected?.defaultMode ?? DEFAULT_MODE)));
  }
  return new Map(files);

  async function fromConfigMap(
    from: { name?: string | undefined; items?: readonly KeyToPath[] | undefined; optional?: boolean | undefined },
    mode: number,
  ): Promise<[string, ProjectedFile][]> {
    const name = from.name ?? '';
    const found = await reader.configMap(name);
    const entries = found === undefined ? undefined : configMapEntries(found);
    return chosen({ entries, what: 'configmap', name, items: from.items, optional: from.optional === true, mode });
  }
  async function fromSecret(
    from: { name?: string | undefined; items?: readonly KeyToPath[] | undefined; optional?: boolean | undefined },
    mode: number,
  ): Promise<[string, ProjectedFile][]> {
    const name = from.name ?? '';
    const found = await reader.secret(name);
    const entries = found === undefined ? undefined : secretEntries(found);
    return chosen({ entries, what: 'secret', name, items: from.items, optional: from.optional === true, mode });
  }
  async function fromProjection(source: VolumeProjection, mode: number): Promise<[string, ProjectedFile][]> {
    if (source.configMap !== undefined) return await fromConfigMap(source.configMap, mode);
    if (source.secret !== undefined) return await fromSecret(source.secret, mode);
    if (source.downwardAPI !== undefined) {
      return downwardFiles({ items: source.downwardAPI.items, pod, addresses, allocatable, mode });
    }
    if (source.serviceAccountToken !== undefined) {
      const { audience, expirationSeconds = DEFAULT_TOKEN_SECONDS, path } = source.serviceAccountToken;
      const token = await reader.serviceAccountToken({ audience, expirationSeconds });
      return [[path, { content: Buffer.from(token), mode: 0o600 }]];
    }
    throw new NodeError('VolumeNotReady', 'a projected volume has a source that is not served here');
  }
}
