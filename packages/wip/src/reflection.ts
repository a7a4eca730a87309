import type { DescService } from '@bufbuild/protobuf';
import { type MethodDefinition, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { ServiceHost } from './health.ts';
import type { ReflectionVersion } from './reflection-answers.ts';

/**
 * Adds gRPC server reflection, v1 and v1alpha, telling of `services` and of reflection itself. Its own messages are
 * loaded at the first question: most processes are never asked, and a weapon's start is what mounting costs.
 */
export function addReflection(server: ServiceHost, services: readonly DescService[]): void {
  let answers: Promise<(version: ReflectionVersion, question: Uint8Array) => Buffer> | undefined;
  for (const version of ['v1', 'v1alpha'] as const) {
    const serverReflectionInfo = (call: ServerDuplexStream<Buffer, Buffer>) => {
      answers ??= import('./reflection-answers.ts').then((module) => module.createReflectionAnswers(services));
      const loaded = answers;
      // One after another: answers come in the order of the questions, and the end after the last.
      let last: Promise<void> = Promise.resolve();
      call.on('data', (question: Buffer) => {
        last = last
          .then(() => loaded)
          .then((answer) => void call.write(answer(version, question)))
          .catch((error: unknown) => {
            call.destroy(Object.assign(new Error(String(error)), { code: status.INTERNAL }));
          });
      });
      call.on('error', () => call.end());
      call.on('end', () => {
        last.then(
          () => call.end(),
          () => call.end(),
        );
      });
    };
    server.addService({ serverReflectionInfo: methodOf(version) }, { serverReflectionInfo });
  }
}

const bytes = (value: Buffer): Buffer => value;

function methodOf(version: ReflectionVersion): MethodDefinition<Buffer, Buffer> {
  return {
    path: `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    requestStream: true,
    responseStream: true,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  };
}
