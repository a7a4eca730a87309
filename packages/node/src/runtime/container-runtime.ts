/** What a container is started from. Everything is resolved: no references, no variables left to expand. */
export interface ContainerSpec {
  /** 64 hexadecimal characters, unique for ever. */
  readonly id: string;
  readonly podUid: string;
  readonly namespace: string;
  readonly pod: string;
  readonly node: string;
  readonly container: string;
  /** How often this container was started before: the restartCount of its status. */
  readonly attempt: number;
  readonly image: string;
  readonly imageId: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the scratch root. Empty where the runtime has no files. */
  readonly cwd: string;
  /** Absolute path of the CRI log file. */
  readonly logFile: string;
  /** Absolute path of the termination message file. */
  readonly terminationLog: string;
}

export type ContainerPhase =
  | { readonly kind: 'running'; readonly startedAtMs: number }
  | {
      readonly kind: 'exited';
      readonly startedAtMs: number;
      readonly finishedAtMs: number;
      /** 0 to 255; 128 + number for a signal. */
      readonly exitCode: number;
      /** Why its program could not be started at all; startedAtMs is then 0. */
      readonly error?: string;
    };

export interface ContainerRecord {
  readonly spec: ContainerSpec;
  readonly phase: ContainerPhase;
}

/** What runs containers. One implementation starts processes, another only counts time. */
export interface ContainerRuntime extends AsyncDisposable {
  /** Scheme of containerID: `hardpoint://<id>`. */
  readonly scheme: string;
  /** Reported as the Node's containerRuntimeVersion. */
  readonly version: string;
  /** False where containers have no files, sockets or logs: then probes pass by themselves and no volume is written. */
  readonly real: boolean;
  /** All containers that were not removed, ended ones included, oldest first; of one Pod where its uid is given. */
  list(podUid?: string): readonly ContainerRecord[];
  get(id: string): ContainerRecord | undefined;
  /** A program that cannot be started is a container that has ended with code 128. Rejects where nothing is known. */
  start(spec: ContainerSpec): Promise<ContainerRecord>;
  /** SIGTERM, then after `graceMs` SIGKILL, to the whole process group. Resolves when the container has ended. */
  stop(id: string, options: { readonly graceMs: number; readonly signal?: AbortSignal }): Promise<void>;
  /** Forgets an ended container. */
  remove(id: string): Promise<void>;
  /** Called after a container has ended. */
  onExit(listener: (record: ContainerRecord) => void): Disposable;
}
