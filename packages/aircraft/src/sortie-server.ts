import { create } from '@bufbuild/protobuf';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Clock } from '@hardpoint/machinery';
import {
  addReflection,
  createHealthRegistry,
  sortie as proto,
  refuseSortieToken,
  serviceDefinition,
  type Trust,
} from '@hardpoint/wip';
import { sortieReport } from './sortie-report.ts';
import type { SortieRunner } from './sortie-runner.ts';

export interface SortieServerOptions {
  readonly runner: SortieRunner;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Whose tokens are accepted; empty: every call is refused. */
  readonly trust: Trust;
  /** The audience a token must name; empty: every call is refused. */
  readonly podUID: string;
  readonly clock: Clock;
}

/** SortieService (M5) and health. */
export interface SortieServer {
  readonly port: number;
  /** Sends every watcher the last word, ends the streams and closes; after `graceMs` what is still open is cut. */
  close(options: { readonly graceMs: number }): Promise<void>;
}

/** Changes that come faster than this are drawn together, ms. */
const watchEveryMs = 50;

/** While nothing changes, fuel still falls: a watcher hears at least so often, ms. */
const watchAtLeastEveryMs = 1_000;

type WatchCall = ServerWritableStream<proto.WatchRequest, proto.Report>;

/** Starts serving. Rejects with the reason where the address cannot be bound. */
export async function startSortieServer(options: SortieServerOptions): Promise<SortieServer> {
  const { runner, clock, host } = options;
  const watchers = new Set<Watcher>();
  let sequence = 0;
  const report = () =>
    sortieReport(runner.sortie, {
      sequence,
      podUID: options.podUID,
      now: { wall: clock.now(), monotonic: clock.monotonic() },
    });
  const subscription = runner.subscribe(() => {
    sequence += 1;
    for (const watcher of watchers) watcher.changed();
  });

  const refusal = (call: { readonly metadata: { get(key: string): readonly unknown[] } }) => {
    const [value] = call.metadata.get('authorization');
    const token = typeof value === 'string' ? /^Bearer (.+)$/i.exec(value)?.[1] : undefined;
    if (token === undefined) return { code: status.UNAUTHENTICATED, details: 'missing: a bearer token is needed' };
    const problem = refuseSortieToken(token, { trust: options.trust, podUID: options.podUID, nowMs: clock.now() });
    return problem === undefined ? undefined : { code: status.UNAUTHENTICATED, details: problem };
  };

  const implementation = {
    getReport(call: ServerUnaryCall<proto.GetReportRequest, proto.Report>, respond: sendUnaryData<proto.Report>) {
      const refused = refusal(call);
      if (refused === undefined) respond(null, report());
      else respond(refused);
    },
    watch(call: WatchCall) {
      const refused = refusal(call);
      if (refused !== undefined) {
        call.emit('error', refused);
        return;
      }
      const watcher = new Watcher({ call, clock, report });
      watchers.add(watcher);
      const gone = () => {
        watcher.stop();
        watchers.delete(watcher);
      };
      call.on('cancelled', gone);
      call.on('error', gone);
    },
    recall(
      call: ServerUnaryCall<proto.RecallRequest, proto.RecallResponse>,
      respond: sendUnaryData<proto.RecallResponse>,
    ) {
      const refused = refusal(call);
      if (refused !== undefined) return respond(refused);
      const { texts } = runner.sortie;
      const success = runner.recall(call.request.reason);
      const outcome = runner.sortie.progress.returning?.outcome ?? '';
      const message = success || outcome === 'Recalled' ? texts.recallAccepted : texts.alreadyEnded(outcome);
      respond(null, create(proto.RecallResponseSchema, { success: success || outcome === 'Recalled', message }));
    },
  };

  const server = new Server({ 'grpc.enable_channelz': 0 });
  const health = createHealthRegistry();
  server.addService(serviceDefinition(proto.SortieService), implementation as unknown as UntypedServiceImplementation);
  health.addTo(server);
  addReflection(server, [proto.SortieService]);
  health.set('', 'SERVING');
  health.set(proto.SortieService.typeName, 'SERVING');
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${host}:${options.port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });

  return {
    port,
    async close({ graceMs }) {
      subscription[Symbol.dispose]();
      for (const watcher of watchers) watcher.end();
      watchers.clear();
      health.close();
      await new Promise<void>((resolve) => {
        const timer = clock.timer(graceMs, () => {
          server.forceShutdown();
          resolve();
        });
        server.tryShutdown(() => {
          timer[Symbol.dispose]();
          resolve();
        });
      });
    },
  };
}

/** One stream: the newest report whenever the reader has room, never a queue of old ones. */
class Watcher {
  readonly #call: WatchCall;
  readonly #clock: Clock;
  readonly #report: () => proto.Report;
  #timer: Disposable | undefined;
  #full = false;
  #ended = false;

  constructor(options: { readonly call: WatchCall; readonly clock: Clock; readonly report: () => proto.Report }) {
    this.#call = options.call;
    this.#clock = options.clock;
    this.#report = options.report;
    this.#call.on('drain', () => {
      this.#full = false;
      this.#arm(watchEveryMs);
    });
    this.#write();
  }

  changed(): void {
    if (!this.#full) this.#arm(watchEveryMs, { sooner: true });
  }

  /** The last report, then the end of the stream. */
  end(): void {
    if (this.#ended) return;
    this.stop();
    this.#call.write(this.#report());
    this.#call.end();
  }

  stop(): void {
    this.#ended = true;
    this.#timer?.[Symbol.dispose]();
  }

  #soon = false;

  #arm(ms: number, options: { readonly sooner?: boolean } = {}): void {
    if (this.#ended || (options.sooner === true && this.#soon)) return;
    this.#soon = options.sooner === true;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.timer(ms, () => this.#write());
  }

  #write(): void {
    this.#soon = false;
    if (this.#ended || this.#full) return;
    this.#full = !this.#call.write(this.#report());
    if (!this.#full) this.#arm(watchAtLeastEveryMs);
  }
}
