import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** PEM. */
export interface ServingCertificate {
  readonly cert: string;
  readonly key: string;
}

const LIFETIME_MS = 365 * 24 * 3_600_000;
const LEAST_LEFT_MS = 7 * 24 * 3_600_000;

/** The data folder's own self-signed certificate for `host`, as a kubelet without a serving CA has one; made where it is missing or about to end. */
export async function servingCertificate(options: {
  readonly dataDir: string;
  readonly host: string;
  readonly nowMs: number;
}): Promise<ServingCertificate> {
  const { dataDir, host, nowMs } = options;
  const certFile = join(dataDir, 'kubelet.crt');
  const keyFile = join(dataDir, 'kubelet.key');
  try {
    const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
    const certificate = new X509Certificate(pair.cert);
    if (certificate.checkIP(host) !== undefined && Date.parse(certificate.validTo) > nowMs + LEAST_LEFT_MS) return pair;
  } catch {}
  const pair = await selfSigned({ host, nowMs, use: 'server' });
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(keyFile, pair.key, { mode: 0o600 });
  writeFileSync(certFile, pair.cert, { mode: 0o600 });
  return pair;
}

/** A certificate that is its own authority. */
export async function selfSigned(options: {
  readonly host: string;
  readonly nowMs: number;
  readonly use: 'server' | 'client';
}): Promise<ServingCertificate> {
  const { host, nowMs, use } = options;
  // Its dependency injection wants the polyfill first.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial.toString('hex'),
    name: `CN=${host}`,
    notBefore: new Date(nowMs - 60_000),
    notAfter: new Date(nowMs + LIFETIME_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.ExtendedKeyUsageExtension([
        use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: host }]),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const lines = der.match(/.{1,64}/g) ?? [];
  return {
    cert: `${certificate.toString('pem')}\n`,
    key: `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`,
  };
}
