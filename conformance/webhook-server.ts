import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@hardpoint/machinery';
import { createAuthority, createCertificate } from '../packages/apiserver/src/auth/certificates.ts';

export interface WebhookServer extends AsyncDisposable {
  readonly url: string;
  /** Base64 of PEM. */
  readonly ca: string;
}

interface Review {
  readonly apiVersion: string;
  readonly kind: string;
  readonly request: {
    readonly uid: string;
    readonly name?: string;
    readonly object?: { metadata?: { name?: string } };
  };
}

/** What each path answers to an admission review. */
const replies: Readonly<Record<string, (review: Review) => object | undefined>> = {
  '/deny': () => ({ allowed: false, status: { message: 'not today' } }),
  '/deny-status': () => ({ allowed: false, status: { code: 418, reason: 'Odd', message: 'a teapot' } }),
  '/label': ({ request }) =>
    request.object?.metadata?.name === 'probe'
      ? { allowed: false, status: { message: 'it works' } }
      : {
          allowed: true,
          patchType: 'JSONPatch',
          patch: Buffer.from(
            JSON.stringify([{ op: 'add', path: '/metadata/labels', value: { hooked: 'yes' } }]),
          ).toString('base64'),
        },
  '/warn': () => ({ allowed: true, warnings: ['think again'] }),
  // Without who asked: the administrators of two servers have two names.
  '/echo': ({ request }) => ({
    allowed: false,
    status: { message: JSON.stringify(sorted({ ...request, userInfo: {} })) },
  }),
  '/fail': () => undefined,
};

/** An HTTPS server on loopback that plays admission webhooks. */
export async function startWebhookServer(): Promise<WebhookServer> {
  const now = systemClock.now();
  const authority = await createAuthority(now);
  const own = await createCertificate({ authority, name: 'webhook', hosts: ['127.0.0.1'], now });
  const server = createServer({ cert: own.cert, key: own.key }, (incoming, outgoing) => {
    const answer = async (): Promise<void> => {
      let text = '';
      for await (const chunk of incoming) text += String(chunk);
      const review = JSON.parse(text) as Review;
      const reply = replies[new URL(incoming.url ?? '/', 'https://x').pathname]?.(review);
      if (reply === undefined) {
        outgoing.writeHead(500).end('broken');
        return;
      }
      const { apiVersion, kind, request } = review;
      outgoing.writeHead(200, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify({ apiVersion, kind, response: { uid: request.uid, ...reply } }));
    };
    answer().catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: Buffer.from(authority.cert).toString('base64'),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** With keys in order: two servers need not write them in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
