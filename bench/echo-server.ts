/**
 * The other side of the weapon's benchmarks, in a process of its own: bare unary gRPC methods with the same library.
 * `/bench.Echo/Echo` answers with the bytes it got; `/bench.Echo/Durable` appends them to a file and does one fdatasync
 * first. `echo-server.ts SOCKET FILE`; says a line when it listens, ends with its standard input.
 */
import { open } from 'node:fs/promises';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';

const [socket = '', path = ''] = process.argv.slice(2);
const file = await open(path, 'a');
const bytes = (value: Buffer) => value;
const method = (name: string) => ({
  path: `/bench.Echo/${name}`,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: bytes,
  requestDeserialize: bytes,
  responseSerialize: bytes,
  responseDeserialize: bytes,
});
const server = new Server({ 'grpc.enable_channelz': 0 });
server.addService(
  { echo: method('Echo'), durable: method('Durable') },
  {
    echo: (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => respond(null, call.request),
    durable: (call: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => {
      const written = file.write(call.request).then(() => file.datasync());
      written.then(
        () => respond(null, call.request),
        (error: Error) => respond(error),
      );
    },
  },
);
server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  console.log('listening');
});
process.stdin.on('end', () => server.forceShutdown());
process.stdin.resume();
