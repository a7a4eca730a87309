import { NAMES, NAMESPACES } from '@hardpoint/api';
import { SECRETS, type Secret, type Stored } from '@hardpoint/kubernetes';
import { ApiError, type Client } from '@hardpoint/machinery';
import { createServingPair, type ServingPair, stillServes } from './certificate.ts';

/**
 * The webhook's certificate, kept in Secret hardpoint-webhook-tls so that all replicas serve with the same one and a
 * restart needs no new one. Made anew where it is missing, ends within a month or lacks a host.
 */
export async function loadServingPair(options: {
  readonly client: Client;
  readonly hosts: readonly string[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}): Promise<ServingPair> {
  const { client, hosts, nowMs, signal } = options;
  const place = { namespace: NAMESPACES.system, name: NAMES.webhookSecret };
  for (;;) {
    let held: Stored<Secret> | undefined;
    try {
      held = await client.get(SECRETS, place, { signal });
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
    }
    const pair = held === undefined ? undefined : pairOf(held);
    if (pair !== undefined && stillServes(pair, hosts, nowMs)) return pair;
    const made = await createServingPair(hosts, nowMs);
    const data = {
      'ca.crt': encode(made.ca),
      'tls.crt': encode(made.cert),
      'tls.key': encode(made.key),
    };
    try {
      if (held === undefined) {
        await client.create(SECRETS, { metadata: { ...place }, type: 'kubernetes.io/tls', data }, { signal });
      } else await client.update(SECRETS, { ...held, data }, { signal });
      return made;
    } catch (error) {
      // Another replica was faster: its certificate counts.
      if (!ApiError.is(error, 'AlreadyExists', 'Conflict')) throw error;
    }
  }
}

function pairOf(secret: Secret): ServingPair | undefined {
  const read = (field: string): string => Buffer.from(secret.data?.[field] ?? '', 'base64').toString();
  const pair = { ca: read('ca.crt'), cert: read('tls.crt'), key: read('tls.key') };
  return pair.ca === '' || pair.cert === '' || pair.key === '' ? undefined : pair;
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}
