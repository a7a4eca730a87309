import type { AddressInfo } from 'node:net';
import { systemCode, WeaponError } from './weapon-error.ts';

/** What a page holds. */
export interface Page {
  readonly contentType: string;
  readonly text: string;
}

/** Serves `/metrics` over HTTP/1.1. Throws WeaponError `in-use` or `listen`. */
export async function serveMetrics(options: {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly render: () => Promise<Page>;
}): Promise<AsyncDisposable & { readonly port: number }> {
  const { host, port } = options;
  // An import would evaluate every export of node:http, and one of them loads Node's whole HTTP client: 10 ms of start.
  const { createServer } = process.getBuiltinModule('node:http');
  const server = createServer((request, response) => {
    if (request.url?.split('?')[0] !== '/metrics') return void response.writeHead(404).end('not found\n');
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405).end();
    options.render().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const code = systemCode(error) === 'EADDRINUSE' ? 'in-use' : 'listen';
      reject(new WeaponError({ code, message: `${host}:${port}: ${error.message}`, cause: error }));
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
