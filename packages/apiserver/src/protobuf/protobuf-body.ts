import { StatusError } from '../schema/status-error.ts';
import { decodeProtobuf } from './decode-protobuf.ts';

export const protobufMediaType = 'application/vnd.kubernetes.protobuf';

/** A protobuf body as the JSON text a client would have sent; a bad request where it cannot be read. */
export async function protobufBodyAsJson(body: Uint8Array): Promise<string> {
  const { PROTOBUF_MESSAGES } = await import('@hardpoint/kubernetes/protobuf');
  try {
    return JSON.stringify(decodeProtobuf(body, PROTOBUF_MESSAGES));
  } catch (error) {
    throw StatusError.badRequest(error instanceof Error ? error.message : String(error));
  }
}
