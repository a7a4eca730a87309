import { stringify } from 'yaml';

/** A kubeconfig with one cluster, user and context. */
export function kubeconfigText(options: {
  readonly server: string;
  /** PEM */
  readonly authority: string;
  readonly token: string;
  readonly user: string;
}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'hardpoint',
        cluster: {
          server: options.server,
          'certificate-authority-data': Buffer.from(options.authority).toString('base64'),
        },
      },
    ],
    users: [{ name: options.user, user: { token: options.token } }],
    contexts: [{ name: 'hardpoint', context: { cluster: 'hardpoint', user: options.user } }],
    'current-context': 'hardpoint',
  });
}
