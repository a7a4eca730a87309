import type { Client, Clock, EventRecorder, Logger, Random } from '@hardpoint/machinery';
import type { ImageTable } from '../image-table.ts';
import type { ContainerRuntime } from '../runtime/container-runtime.ts';
import type { ObjectSource } from '../volumes/object-source.ts';
import type { AddressBook } from './address-book.ts';
import type { Allocatable } from './field-value.ts';

/** What every Pod of an agent shares. */
export interface PodHost {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly recorder: EventRecorder;
  readonly runtime: ContainerRuntime;
  readonly images: ImageTable;
  readonly objects: ObjectSource;
  readonly addresses: AddressBook;
  /** Absolute. */
  readonly dataDir: string;
  readonly hostIp: string;
  readonly allocatable: (node: string) => Allocatable;
  /** undefined: the Node has not been seen. */
  readonly nodeLabels: (node: string) => Readonly<Record<string, string>> | undefined;
  /** What every container finds in its environment unless it says otherwise. */
  readonly baseEnv: Readonly<Record<string, string>>;
  /** First and longest delay of CrashLoopBackOff and ImagePullBackOff, ms. */
  readonly backOff: { readonly baseMs: number; readonly maxMs: number };
}
