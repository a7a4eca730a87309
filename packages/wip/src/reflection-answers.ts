import { create, type DescFile, type DescMessage, type DescService, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import * as v1 from './gen/grpc/reflection/v1/reflection_pb.ts';
import * as v1alpha from './gen/grpc/reflection/v1alpha/reflection_pb.ts';

type Request = v1.ServerReflectionRequest;
type Answer = v1.ServerReflectionResponse['messageResponse'];

/** Published versions of the protocol. */
export type ReflectionVersion = 'v1' | 'v1alpha';

// The two versions differ in nothing but their package's name: v1's shapes stand for both.
const versions: Readonly<Record<ReflectionVersion, typeof v1>> = { v1, v1alpha: v1alpha as unknown as typeof v1 };

/** Answers serialised questions about `services` and reflection itself. */
export function createReflectionAnswers(
  services: readonly DescService[],
): (version: ReflectionVersion, question: Uint8Array) => Buffer {
  const index = indexOf([...services, v1.ServerReflection, v1alpha.ServerReflection]);
  return (version, question) => {
    const { ServerReflectionRequestSchema, ServerReflectionResponseSchema } = versions[version];
    const request = fromBinary(ServerReflectionRequestSchema, question);
    const response = create(ServerReflectionResponseSchema, {
      validHost: request.host,
      originalRequest: request,
      messageResponse: answer(index, request),
    });
    return Buffer.from(toBinary(ServerReflectionResponseSchema, response));
  };
}

interface ReflectionIndex {
  readonly services: readonly string[];
  readonly byName: ReadonlyMap<string, DescFile>;
  readonly bySymbol: ReadonlyMap<string, DescFile>;
}

function indexOf(services: readonly DescService[]): ReflectionIndex {
  const byName = new Map<string, DescFile>();
  const bySymbol = new Map<string, DescFile>();
  const addMessage = (message: DescMessage) => {
    bySymbol.set(message.typeName, message.file);
    for (const field of message.fields) bySymbol.set(`${message.typeName}.${field.name}`, message.file);
    for (const oneof of message.oneofs) bySymbol.set(`${message.typeName}.${oneof.name}`, message.file);
    for (const nested of message.nestedEnums) bySymbol.set(nested.typeName, message.file);
    for (const nested of message.nestedMessages) addMessage(nested);
  };
  const addFile = (file: DescFile) => {
    if (byName.has(file.proto.name)) return;
    byName.set(file.proto.name, file);
    for (const dependency of file.dependencies) addFile(dependency);
    for (const message of file.messages) addMessage(message);
    for (const one of file.enums) bySymbol.set(one.typeName, file);
    for (const service of file.services) {
      bySymbol.set(service.typeName, file);
      for (const method of service.methods) bySymbol.set(`${service.typeName}.${method.name}`, file);
    }
  };
  for (const service of services) addFile(service.file);
  return { services: services.map((service) => service.typeName).sort(), byName, bySymbol };
}

function answer(index: ReflectionIndex, request: Request): Answer {
  const { messageRequest } = request;
  switch (messageRequest.case) {
    case 'listServices':
      return {
        case: 'listServicesResponse',
        value: create(v1.ListServiceResponseSchema, { service: index.services.map((name) => ({ name })) }),
      };
    case 'fileByFilename':
      return files(index.byName.get(messageRequest.value), messageRequest.value);
    case 'fileContainingSymbol':
      return files(index.bySymbol.get(messageRequest.value), messageRequest.value);
    case 'fileContainingExtension':
      return notFound(`extension ${messageRequest.value.extensionNumber} of ${messageRequest.value.containingType}`);
    case 'allExtensionNumbersOfType':
      if (!index.bySymbol.has(messageRequest.value)) return notFound(messageRequest.value);
      return {
        case: 'allExtensionNumbersResponse',
        value: create(v1.ExtensionNumberResponseSchema, { baseTypeName: messageRequest.value }),
      };
    case undefined:
      return refused(status.INVALID_ARGUMENT, 'the request asks for nothing');
    default:
      return messageRequest satisfies never;
  }
}

/** The file and all that it imports, the file itself first. */
function files(file: DescFile | undefined, asked: string): Answer {
  if (file === undefined) return notFound(asked);
  const found = new Set<DescFile>();
  const visit = (one: DescFile) => {
    if (found.has(one)) return;
    found.add(one);
    one.dependencies.forEach(visit);
  };
  visit(file);
  const fileDescriptorProto = [...found].map((one) => toBinary(FileDescriptorProtoSchema, one.proto));
  return { case: 'fileDescriptorResponse', value: create(v1.FileDescriptorResponseSchema, { fileDescriptorProto }) };
}

function notFound(what: string): Answer {
  return refused(status.NOT_FOUND, `not found: ${what}`);
}

function refused(errorCode: number, errorMessage: string): Answer {
  return { case: 'errorResponse', value: create(v1.ErrorResponseSchema, { errorCode, errorMessage }) };
}
