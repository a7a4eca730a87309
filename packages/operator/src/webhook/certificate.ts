import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';

/** A certificate and its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What the webhook serves with, and what its callers are to believe. PEM. */
export interface ServingPair extends KeyPair {
  readonly ca: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 3600 * 1000;

/** Whether a pair serves all `hosts` for another month. */
export function stillServes(pair: ServingPair, hosts: readonly string[], nowMs: number): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    const covered = hosts.every((host) =>
      isAddress(host) ? certificate.checkIP(host) !== undefined : certificate.checkHost(host) !== undefined,
    );
    const signed = certificate.verify(new X509Certificate(pair.ca).publicKey);
    return covered && signed && Date.parse(certificate.validTo) > nowMs + 30 * DAY_MS;
  } catch {
    return false;
  }
}

/** A new authority of its own and a certificate for `hosts`, both valid for ten years. */
export async function createServingPair(hosts: readonly string[], nowMs: number): Promise<ServingPair> {
  // Its dependency injection wants the polyfill first; both are slow to load and seldom needed.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as unknown as typeof globalThis.crypto);
  const newKeys = () => webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const notBefore = new Date(nowMs - DAY_MS);
  const notAfter = new Date(nowMs + 3650 * DAY_MS);
  const authorityKeys = await newKeys();
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=hardpoint-webhook-ca',
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    keys: authorityKeys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
    ],
  });
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=hardpoint-operator',
    issuer: authority.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authorityKeys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isAddress(value) ? ('ip' as const) : ('dns' as const), value })),
      ),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  return {
    ca: `${authority.toString('pem')}\n`,
    cert: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${(key.match(/.{1,64}/g) ?? []).join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}

function isAddress(host: string): boolean {
  return /^[\d.]+$|:/.test(host);
}

function serial(): string {
  const bytes = randomBytes(16);
  // Positive and without a leading zero, as RFC 5280 wants it.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
