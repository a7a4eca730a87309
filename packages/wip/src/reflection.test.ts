import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { test } from 'node:test';
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { Health } from './gen/grpc/health/v1/health_pb.ts';
import * as v1 from './gen/grpc/reflection/v1/reflection_pb.ts';
import * as v1alpha from './gen/grpc/reflection/v1alpha/reflection_pb.ts';
import { WeaponService, WeaponTelemetry } from './gen/weapon_interface_pb.ts';
import { addReflection } from './reflection.ts';
import { serviceDefinition } from './service-definition.ts';

/** The reference makes its descriptors of parsed files and loses packages and file names on the way. */
const leaf = (typeName: string) => typeName.split('.').at(-1);

const proto = new URL('../proto/', import.meta.url).pathname;

async function ask(address: string, version: typeof v1 | typeof v1alpha, question: object) {
  const client = new Client(address, credentials.createInsecure());
  const definition = serviceDefinition(version.ServerReflection).serverReflectionInfo;
  assert.ok(definition !== undefined);
  try {
    const call = client.makeBidiStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
    );
    const init = { host: 'h', messageRequest: question } as MessageInitShape<typeof v1.ServerReflectionRequestSchema>;
    call.write(create(version.ServerReflectionRequestSchema as typeof v1.ServerReflectionRequestSchema, init));
    call.end();
    for await (const answer of call) return answer as v1.ServerReflectionResponse;
    throw new Error('no answer');
  } finally {
    client.close();
  }
}

test('answers as @grpc/reflection does, in both versions', async () => {
  const folder = await mkdtemp('/tmp/hp-wip-');
  const [ours, reference] = [new Server(), new Server()];
  addReflection(ours, [WeaponService, WeaponTelemetry, Health]);
  const files = ['weapon_interface.proto', 'grpc/health/v1/health.proto'];
  new ReflectionService(loadSync(files, { includeDirs: [proto], keepCase: true })).addToServer(reference);
  const addresses = [`unix:${folder}/o`, `unix:${folder}/r`] as const;
  for (const [server, address] of [
    [ours, addresses[0]],
    [reference, addresses[1]],
  ] as const)
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(address, ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  try {
    for (const version of [v1, v1alpha]) {
      const both = (question: object) => Promise.all(addresses.map((address) => ask(address, version, question)));
      const names = (answer: v1.ServerReflectionResponse | undefined) =>
        answer?.messageResponse.case === 'listServicesResponse'
          ? answer.messageResponse.value.service.map(({ name }) => name)
          : [];
      const [list, referenceList] = await both({ case: 'listServices', value: '' });
      for (const name of names(referenceList)) assert.ok(names(list).includes(name), name);
      assert.deepEqual(
        names(list).filter((name) => !name.startsWith('grpc.reflection')),
        ['grpc.health.v1.Health', 'weapon.WeaponService', 'weapon.WeaponTelemetry'],
      );

      for (const question of [
        { case: 'fileContainingSymbol', value: 'weapon.WeaponService' },
        { case: 'fileContainingSymbol', value: 'weapon.WeaponTelemetry' },
        { case: 'fileContainingSymbol', value: 'weapon.LaunchRequest' },
        { case: 'fileContainingSymbol', value: 'weapon.StatusResponse.WeaponState' },
        { case: 'fileContainingSymbol', value: 'grpc.health.v1.Health' },
        { case: 'fileContainingSymbol', value: 'weapon.NoSuch' },
        { case: 'fileByFilename', value: 'no-such.proto' },
        { case: 'allExtensionNumbersOfType', value: 'weapon.NoSuch' },
        {
          case: 'fileContainingExtension',
          value: { containingType: 'weapon.Target', extensionNumber: 1 },
        },
      ]) {
        const answers = await both(question);
        const shapes = answers.map((answer) => {
          assert.equal(answer.validHost, 'h');
          const { messageResponse } = answer;
          if (messageResponse.case === 'errorResponse') return ['error', messageResponse.value.errorCode];
          if (messageResponse.case !== 'fileDescriptorResponse') return [messageResponse.case];
          return messageResponse.value.fileDescriptorProto.map((bytes) => {
            const file = fromBinary(FileDescriptorProtoSchema, bytes);
            return [
              file.package,
              file.service.map((one) => [
                one.name,
                one.method.map(({ name, inputType, outputType, serverStreaming }) => [
                  name,
                  leaf(inputType),
                  leaf(outputType),
                  serverStreaming,
                ]),
              ]),
              file.messageType.map((one) => [
                one.name,
                one.field.map(({ name, number, type }) => [name, number, type]),
              ]),
            ];
          });
        });
        assert.deepEqual(shapes[0], shapes[1], JSON.stringify(question));
      }
      const byName = await ask(addresses[0], version, { case: 'fileByFilename', value: 'weapon_interface.proto' });
      const bySymbol = await ask(addresses[0], version, {
        case: 'fileContainingSymbol',
        value: 'weapon.Target.latitude',
      });
      assert.deepEqual(byName.messageResponse, bySymbol.messageResponse);
      assert.equal(byName.messageResponse.case, 'fileDescriptorResponse');
      const [empty] = await both({ case: undefined });
      assert.equal(empty?.messageResponse.case, 'errorResponse');
      const echoed = empty?.originalRequest?.host;
      assert.equal(echoed, 'h');
    }
  } finally {
    ours.forceShutdown();
    reference.forceShutdown();
    await rm(folder, { recursive: true });
  }
});
