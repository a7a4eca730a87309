import { create, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import * as v1 from './gen/grpc/reflection/v1/reflection_pb.ts';
import type { RpcClientOptions } from './rpc-client.ts';
import { serviceDefinition } from './service-definition.ts';
import { WipError } from './wip-error.ts';

/**
 * Asks a server by reflection for the names of a service's methods (`weapon.WeaponService`). Rejects with a WipError:
 * NOT_FOUND where it does not serve that service, UNIMPLEMENTED where it has no reflection.
 */
export async function methodNames(
  options: RpcClientOptions & { readonly service: string; readonly signal?: AbortSignal },
): Promise<readonly string[]> {
  const { address, service, signal } = options;
  const rpc = serviceDefinition(v1.ServerReflection).serverReflectionInfo;
  if (rpc === undefined) throw new TypeError('reflection has no such method');
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const stream = client.makeBidiStreamRequest(
    rpc.path,
    rpc.requestSerialize,
    rpc.responseDeserialize,
    new Metadata(),
    {},
  );
  const cancel = () => stream.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    if (signal?.aborted) cancel();
    stream.write(
      create(v1.ServerReflectionRequestSchema, { messageRequest: { case: 'fileContainingSymbol', value: service } }),
    );
    for await (const message of stream) return methodsIn(message as v1.ServerReflectionResponse, service);
    throw new WipError({ code: 'INTERNAL', message: 'reflection gave no answer' });
  } catch (error) {
    throw WipError.from(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
    // What a cancelled stream still has to say concerns nobody.
    stream.on('error', () => undefined);
    stream.cancel();
    client.close();
  }
}

function methodsIn({ messageResponse }: v1.ServerReflectionResponse, service: string): readonly string[] {
  if (messageResponse.case === 'fileDescriptorResponse') {
    for (const bytes of messageResponse.value.fileDescriptorProto) {
      const file = fromBinary(FileDescriptorProtoSchema, bytes);
      const found = file.service.find(({ name }) => `${file.package}.${name}` === service);
      if (found !== undefined) return found.method.map(({ name }) => name);
    }
  }
  const said = messageResponse.case === 'errorResponse' ? messageResponse.value.errorMessage : `no service ${service}`;
  throw new WipError({ code: 'NOT_FOUND', message: said });
}
