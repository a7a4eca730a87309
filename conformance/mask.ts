/** Fields whose values differ on every server and every run. */
const MASKED: Readonly<Record<string, string>> = {
  uid: '<uid>',
  resourceVersion: '<version>',
  creationTimestamp: '<time>',
  deletionTimestamp: '<time>',
  time: '<time>',
  lastTransitionTime: '<time>',
  startTime: '<time>',
  continue: '<continue>',
  storageVersionHash: '<hash>',
  resourceVersionMatch: '<version>',
  expirationTimestamp: '<time>',
  token: '<token>',
  selfLink: '<link>',
};

/** A body as it is compared: times, uids and versions masked, also inside texts. */
export function mask(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => mask(one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [maskText(name), mask(one, name)]));
  }
  if (typeof value === 'string') {
    const masked = MASKED[key];
    // An absent or empty value is told from a present one.
    return masked === undefined ? maskText(value) : value === '' ? '' : masked;
  }
  return value;
}

function maskText(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC)?Z?/g, '<time>')
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<suffix>')
    .replaceAll(/(generated-)[bcdfghjklmnpqrstvwxz2456789]{5,}\b/g, '$1<suffix>')
    .replaceAll(/\b(127\.0\.0\.1|localhost):\d+/g, '<address>')
    .replaceAll(/(resource version: |resourceVersion: |current: |ResourceVersion in record \()\d+/g, '$1<version>')
    .replaceAll(/(\\?"resourceVersion\\?":\s*\\?")\d+/g, '$1<version>')
    .replaceAll(/(-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?)+/g, '<certificate>')
    .replaceAll(/^\d+(s|ms)$/g, '<age>');
}
