import { NAMES, NAMESPACES } from '@hardpoint/api';
import { NAMESPACES as NAMESPACE_TYPE, SECRETS } from '@hardpoint/kubernetes';
import { ApiError, type Client } from '@hardpoint/machinery';
import { formatSigningKey, generateSigningKey, parseSigningKey, type SigningKey } from '@hardpoint/wip';

/** Key of the Secret's data that holds the private key, a JWK. */
const FIELD = 'key.jwk';

/**
 * The Ed25519 key of Secret hardpoint-launch-key, made where it is missing (W6). Two operators that both find none end
 * with the same one: the first to create it wins. Rejects where a Secret of that name holds no such key.
 */
export async function loadLaunchKey(options: {
  readonly client: Client;
  readonly signal: AbortSignal;
}): Promise<SigningKey> {
  const { client, signal } = options;
  const place = { namespace: NAMESPACES.system, name: NAMES.launchKeySecret };
  for (;;) {
    try {
      const secret = await client.get(SECRETS, place, { signal });
      const encoded = secret.data?.[FIELD];
      if (encoded === undefined) throw new Error(`Secret ${place.namespace}/${place.name} has no ${FIELD}`);
      return parseSigningKey(Buffer.from(encoded, 'base64').toString(), `Secret ${place.namespace}/${place.name}`);
    } catch (error) {
      if (!ApiError.is(error, 'NotFound')) throw error;
    }
    await ensureNamespace(client, NAMESPACES.system, signal);
    try {
      await client.create(
        SECRETS,
        {
          metadata: { ...place },
          type: 'Opaque',
          data: { [FIELD]: Buffer.from(formatSigningKey(generateSigningKey())).toString('base64') },
        },
        { signal },
      );
    } catch (error) {
      if (!ApiError.is(error, 'AlreadyExists')) throw error;
    }
  }
}

/** Creates a namespace where it is missing. */
export async function ensureNamespace(client: Client, name: string, signal: AbortSignal): Promise<void> {
  try {
    await client.get(NAMESPACE_TYPE, { name }, { signal });
    return;
  } catch (error) {
    if (!ApiError.is(error, 'NotFound')) throw error;
  }
  try {
    await client.create(NAMESPACE_TYPE, { metadata: { name } }, { signal });
  } catch (error) {
    if (!ApiError.is(error, 'AlreadyExists')) throw error;
  }
}
