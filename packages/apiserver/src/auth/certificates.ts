import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';

/** A certificate and its key, PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const yearMs = 365 * 24 * 3600 * 1000;

/** A new certificate authority, valid ten years from `now` (ms). */
export async function createAuthority(now: number): Promise<KeyPair> {
  const x509 = await load();
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=hardpoint-ca',
    notBefore: new Date(now - 3600_000),
    notAfter: new Date(now + 10 * yearMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** A certificate of `authority`. `hosts`: DNS names and IP addresses of a server; absent: a client. */
export async function createCertificate(options: {
  readonly authority: KeyPair;
  readonly name: string;
  readonly groups?: readonly string[];
  readonly hosts?: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}): Promise<KeyPair> {
  const x509 = await load();
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(options.authority.cert);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(options.authority.key),
    algorithm,
    false,
    ['sign'],
  );
  const hosts = options.hosts ?? [];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [...(options.groups ?? []).map((group) => ({ O: [group] })), { CN: [options.name] }],
    issuer: issuer.subject,
    notBefore: new Date(options.now - 3600_000),
    notAfter: new Date(options.now + 5 * yearMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        hosts.length === 0 ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(hosts.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ('ip' as const) : ('dns' as const), value })),
            ),
          ]),
    ],
  });
  return { cert: `${certificate.toString('pem')}\n`, key: await exportKey(keys.privateKey) };
}

/** Whether a stored pair can go on being used: signed by the authority and valid for another week. */
export function stillGood(pair: KeyPair, authority: KeyPair, now: number): boolean {
  try {
    const certificate = new X509Certificate(pair.cert);
    const issuer = new X509Certificate(authority.cert);
    return (
      certificate.verify(issuer.publicKey) &&
      Date.parse(certificate.validTo) > now + 7 * 24 * 3600_000 &&
      Date.parse(certificate.validFrom) <= now
    );
  } catch {
    return false;
  }
}

async function load(): Promise<typeof import('@peculiar/x509')> {
  // Its dependency injection wants the polyfill first.
  await import('reflect-metadata');
  const loaded = await import('@peculiar/x509');
  // A bundler that takes the CommonJS build gives it as the default export only.
  const x509 = 'cryptoProvider' in loaded ? loaded : (loaded as { readonly default: typeof loaded }).default;
  x509.cryptoProvider.set(webcrypto as unknown as typeof globalThis.crypto);
  return x509;
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
}

function serial(): string {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0] ?? 0) & 0x7f || 1;
  return bytes.toString('hex');
}
