import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivate } from '../store/data-folder.ts';
import type { KeyPair } from './certificates.ts';
import { createAuthority, createCertificate, stillGood } from './certificates.ts';

/** Every key the server holds. */
export interface KeyMaterial {
  readonly authority: KeyPair;
  readonly server: KeyPair;
  /** What the server shows to kubelets. */
  readonly kubeletClient: KeyPair;
  /** Signs user tokens. */
  readonly tokenKey: Buffer;
  /** Signs service account tokens; PKCS #8 PEM, EC P-256. */
  readonly serviceAccountKey: string;
}

/** Reads the keys of `folder` (undefined: memory only) and makes those that are missing or run out. */
export async function keyMaterial(options: {
  readonly folder: string | undefined;
  readonly host: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}): Promise<KeyMaterial> {
  const { folder, now } = options;
  const read = (name: string): string | undefined => {
    const file = folder === undefined ? undefined : join(folder, name);
    return file !== undefined && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  const write = (name: string, text: string): void => {
    if (folder !== undefined) writePrivate(join(folder, name), text);
  };
  const pair = (name: string): KeyPair | undefined => {
    const cert = read(`${name}.crt`);
    const key = read(`${name}.key`);
    return cert === undefined || key === undefined ? undefined : { cert, key };
  };
  const keep = (name: string, made: KeyPair): KeyPair => {
    write(`${name}.key`, made.key);
    write(`${name}.crt`, made.cert);
    return made;
  };
  const text = (name: string, make: () => string): string => {
    const found = read(name);
    if (found !== undefined) return found;
    const made = make();
    write(name, made);
    return made;
  };
  const authority = pair('ca') ?? keep('ca', await createAuthority(now));
  const hosts = [
    ...new Set([
      '127.0.0.1',
      '::1',
      'localhost',
      options.host,
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      'kubernetes.default.svc.cluster.local',
    ]),
  ];
  const reuse = (found: KeyPair | undefined): KeyPair | undefined =>
    found !== undefined && stillGood(found, authority, now) ? found : undefined;
  const [server, kubeletClient] = await Promise.all([
    reuse(pair('apiserver')) ??
      createCertificate({ authority, name: 'kube-apiserver', hosts, now }).then((made) => keep('apiserver', made)),
    reuse(pair('kubelet-client')) ??
      createCertificate({
        authority,
        name: 'kube-apiserver-kubelet-client',
        groups: ['kubeadm:cluster-admins'],
        now,
      }).then((made) => keep('kubelet-client', made)),
  ]);
  return {
    authority,
    server,
    kubeletClient,
    tokenKey: Buffer.from(
      text('user-token.key', () => randomBytes(32).toString('base64')),
      'base64',
    ),
    serviceAccountKey: text('sa.key', () =>
      generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ),
  };
}
