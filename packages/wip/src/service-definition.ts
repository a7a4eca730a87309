import {
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type Message,
  toBinary,
} from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

const serialize =
  (schema: DescMessage) =>
  (message: Message): Buffer => {
    const bytes = toBinary(schema, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };

const deserialize = (schema: DescMessage) => (bytes: Buffer) => fromBinary(schema, bytes);

const methodDefinition = (service: DescService, method: DescMethod): MethodDefinition<Message, Message> => ({
  path: `/${service.typeName}/${method.name}`,
  originalName: method.localName,
  requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
  responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
  requestSerialize: serialize(method.input),
  requestDeserialize: deserialize(method.input),
  responseSerialize: serialize(method.output),
  responseDeserialize: deserialize(method.output),
});

/** A protobuf-es service descriptor as the service definition that grpc-js takes; keys are local names (`getStatus`). */
export function serviceDefinition(service: DescService): Readonly<Record<string, MethodDefinition<Message, Message>>> {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(service, method)]));
}
