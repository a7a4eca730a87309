import assert from 'node:assert/strict';
import { createHmac, sign } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { CompactSign, exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose';
import {
  type LaunchClaims,
  type LaunchExpectation,
  type RefusalReason,
  refusalReasons,
  signLaunchToken,
  verifyLaunchToken,
} from './launch-token.ts';
import { formatSigningKey, formatTrust, generateSigningKey, parseSigningKey } from './signing-key.ts';
import { parseTrust } from './trust.ts';
import { WipError } from './wip-error.ts';

const key = generateSigningKey();
const other = generateSigningKey();
const nowMs = 1_800_000_000_000;
const now = nowMs / 1000;
const claims: LaunchClaims = {
  sub: 'alice',
  task: 'default/strike',
  taskUID: 'uid-1',
  weapon: 'pl15-missile',
  count: 2,
  iat: now,
  exp: now + 120,
  jti: 'jti-1',
};
const expected: LaunchExpectation = {
  trust: parseTrust(formatTrust([other, key]), 'test'),
  nowMs,
  task: 'default/strike',
  taskUID: 'uid-1',
  weapon: 'pl15-missile',
  count: 2,
  spent: (jti) => jti === 'spent',
};
const full = { iss: 'hardpoint', aud: 'weapon.launch', ...claims };

const reasonOf = (token: string, changes: Partial<LaunchExpectation> = {}): RefusalReason | 'authorised' => {
  const verdict = verifyLaunchToken(token, { ...expected, ...changes });
  return verdict.kind === 'refused' ? verdict.reason : 'authorised';
};
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** Signed with the trusted key, whatever header and payload say. */
const raw = (header: unknown, payload: unknown): string => {
  const signed = `${base64(header)}.${base64(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString('base64url')}`;
};
const header = { alg: 'EdDSA', kid: key.kid };

test('a token holds for its task, weapon and count, and jose reads it too', async () => {
  const token = signLaunchToken({ key, claims });
  const verdict = verifyLaunchToken(token, expected);
  assert.deepEqual(verdict, { kind: 'authorised', claims });
  const jwks = JSON.parse(formatTrust([key])) as { keys: Record<string, string>[] };
  const { payload, protectedHeader } = await jwtVerify(token, await importJWK(jwks.keys[0] ?? {}, 'EdDSA'), {
    issuer: 'hardpoint',
    audience: 'weapon.launch',
    currentDate: new Date(nowMs),
  });
  assert.deepEqual(payload, full);
  assert.deepEqual([protectedHeader.alg, protectedHeader.kid], ['EdDSA', key.kid]);
});

test('tokens made by other tools are judged alike', async () => {
  const pair = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'other-tool' };
  const trust = parseTrust(JSON.stringify({ keys: [{ kty: 'RSA', n: 'x', e: 'y' }, jwk] }), 'test');
  const jwt = (changes: object) =>
    new SignJWT({ ...full, ...changes })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'other-tool', typ: 'JWT' })
      .sign(pair.privateKey);
  assert.equal(reasonOf(await jwt({}), { trust }), 'authorised');
  assert.equal(reasonOf(await jwt({ exp: now + 0.5, iat: now - 0.25 }), { trust }), 'authorised');
  assert.equal(reasonOf(await jwt({ aud: ['x', 'weapon.launch'] }), { trust }), 'authorised');
  assert.equal(reasonOf(await jwt({ extra: { any: [1] } }), { trust }), 'authorised');
  assert.equal(reasonOf(await jwt({ aud: ['x'] }), { trust }), 'malformed');
  assert.equal(reasonOf(await jwt({ exp: now - 5.5 }), { trust }), 'expired');
  // JSON knows one kind of number.
  const text = JSON.stringify(full)
    .replace(`"exp":${now + 120}`, `"exp":${(now + 120) / 1e9}e9`)
    .replace('"count":2', '"count":2.0');
  const signed = await new CompactSign(Buffer.from(text))
    .setProtectedHeader({ alg: 'EdDSA', kid: 'other-tool' })
    .sign(pair.privateKey);
  assert.equal(reasonOf(signed, { trust }), 'authorised');
});

test('each check has its reason, and the first one that fails gives it', () => {
  const changed = (changes: object) => raw(header, { ...full, ...changes });
  const faults: [RefusalReason, object][] = [
    ['expired', { exp: now - 5 }],
    ['task', { task: 'default/other' }],
    ['weapon', { weapon: 'pl10-missile' }],
    ['count', { count: 1 }],
    ['replayed', { jti: 'spent' }],
  ];
  assert.equal(reasonOf(''), 'missing');
  for (const [reason, changes] of faults) assert.equal(reasonOf(changed(changes)), reason);
  assert.equal(reasonOf(changed({ taskUID: 'uid-2' })), 'task');
  for (let from = 0; from < faults.length; from += 1) {
    const all = Object.assign({}, ...faults.slice(from).map(([, changes]) => changes)) as object;
    assert.equal(reasonOf(changed(all)), faults[from]?.[0]);
    const forged = signLaunchToken({ key: { ...other, kid: key.kid }, claims: { ...claims, ...all } });
    assert.equal(reasonOf(forged), 'key');
  }
  assert.deepEqual(['missing', 'malformed', 'key', ...faults.map(([reason]) => reason)], [...refusalReasons]);
  assert.equal(reasonOf(changed({ exp: now - 4.9 })), 'authorised');
  assert.equal(reasonOf(changed({ nbf: now + 60 })), 'expired');
});

test('hostile headers are refused', async () => {
  const jwk = JSON.parse(formatTrust([other])) as { keys: object[] };
  for (const [hostile, reason] of [
    [{ alg: 'none', kid: key.kid }, 'malformed'],
    [{ alg: 'HS256', kid: key.kid }, 'malformed'],
    [{ alg: 'eddsa', kid: key.kid }, 'malformed'],
    [{ alg: 'Ed25519', kid: key.kid }, 'malformed'],
    [{ kid: key.kid }, 'malformed'],
    [{ alg: 'EdDSA' }, 'malformed'],
    [{ alg: 'EdDSA', kid: '' }, 'malformed'],
    [{ alg: 'EdDSA', kid: 7 }, 'malformed'],
    [{ alg: 'EdDSA', kid: 'unknown' }, 'key'],
    [{ alg: 'EdDSA', kid: '__proto__' }, 'key'],
    [{ alg: 'EdDSA', kid: other.kid }, 'key'],
    [{ ...header, jwk: jwk.keys[0] }, 'malformed'],
    [{ ...header, jku: 'http://127.0.0.1/jwks' }, 'malformed'],
    [{ ...header, x5u: 'http://127.0.0.1/' }, 'malformed'],
    [{ ...header, x5c: [] }, 'malformed'],
    [{ ...header, crit: ['exp'] }, 'malformed'],
    [{ ...header, crit: ['b64'], b64: false }, 'malformed'],
    ['EdDSA', 'malformed'],
    [[header], 'malformed'],
    [null, 'malformed'],
  ] as const)
    assert.equal(reasonOf(raw(hostile, full)), reason, JSON.stringify(hostile));
  const signed = `${base64({ alg: 'none' })}.${base64(full)}`;
  assert.equal(reasonOf(`${signed}.`), 'malformed');
  // The public key as an HMAC secret.
  const hmac = `${base64({ alg: 'HS256', kid: key.kid })}.${base64(full)}`;
  const secret = createHmac('sha256', formatTrust([key]))
    .update(hmac)
    .digest('base64url');
  assert.equal(reasonOf(`${hmac}.${secret}`), 'malformed');
});

test('claims of another form are malformed', () => {
  for (const changes of [
    { iss: 'other' },
    { iss: undefined },
    { aud: 'weapon' },
    { aud: undefined },
    { sub: undefined },
    { sub: 7 },
    { task: ['default/strike'] },
    { taskUID: undefined },
    { weapon: null },
    { count: '2' },
    { count: undefined },
    { iat: undefined },
    { exp: undefined },
    { exp: String(now + 100) },
    { exp: null },
    { jti: '' },
    { jti: undefined },
    { nbf: 'soon' },
  ])
    assert.equal(reasonOf(raw(header, { ...full, ...changes })), 'malformed', JSON.stringify(changes));
  assert.equal(reasonOf(raw(header, [full])), 'malformed');
  assert.equal(reasonOf(raw(header, 'text')), 'malformed');
});

test('a weapon without a task or a trust refuses; one that knows no UID goes by the name', () => {
  const token = signLaunchToken({ key, claims });
  assert.equal(reasonOf(token, { task: undefined }), 'task');
  assert.equal(reasonOf(token, { trust: new Map() }), 'key');
  assert.equal(reasonOf(token, { taskUID: undefined }), 'authorised');
  assert.equal(reasonOf(raw(header, { ...full, taskUID: undefined }), { taskUID: undefined }), 'authorised');
});

test('no change of a token is ever authorised', () => {
  const token = signLaunchToken({ key, claims });
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ ';
  fc.assert(
    fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet), (at, character) => {
      fc.pre(token[at] !== character);
      const reason = reasonOf(token.slice(0, at) + character + token.slice(at + 1));
      assert.ok(reason === 'malformed' || reason === 'key', reason);
    }),
    { numRuns: 2000 },
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.notEqual(reasonOf(text), 'authorised');
    }),
  );
  for (const text of [`${token}=`, `${token}.`, ` ${token}`, `${token}\n`, token.repeat(40), '..', '.', 'null'])
    assert.equal(reasonOf(text), 'malformed');
});

test('keys: written and read back; a trust that cannot be read names what is wrong', () => {
  const again = parseSigningKey(formatSigningKey(key), 'test');
  assert.equal(again.kid, key.kid);
  assert.equal(reasonOf(signLaunchToken({ key: again, claims })), 'authorised');
  const pem = parseSigningKey(key.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'test');
  assert.equal(pem.kid, key.kid);
  const [good] = (JSON.parse(formatTrust([key])) as { keys: object[] }).keys;
  for (const [text, problem] of [
    ['', /no valid JSON/],
    ['[]', /"keys"/],
    ['{"keys":[1]}', /keys\[0\]/],
    [JSON.stringify({ keys: [{ ...good, kid: undefined }] }), /kid/],
    [JSON.stringify({ keys: [{ ...good, x: 'short' }] }), /keys\[0\]\.x/],
    [JSON.stringify({ keys: [good, good] }), /two keys/],
    [JSON.stringify({ keys: [JSON.parse(formatSigningKey(key))] }), /private/],
  ] as const)
    assert.throws(
      () => parseTrust(text, 'trust.json'),
      (error) => error instanceof WipError && error.message.startsWith('trust.json: ') && problem.test(error.message),
    );
  assert.throws(() => parseSigningKey('{}', 'key.json'), /key\.json: not an Ed25519 private key/);
});
