import type { ContainerPhase, ContainerRecord, ContainerSpec } from '../runtime/container-runtime.ts';

/** Name of the socket, relative to the node's data folder. */
export const SHIM_SOCKET = 'shim.sock';
/** Folder of the containers' records, relative to the node's data folder. */
export const SHIM_RECORDS = 'shim';

/** Lines of JSON from the agent to the shim. */
export type ShimRequest = { readonly sequence: number } & (
  | { readonly call: 'start'; readonly spec: ContainerSpec }
  | { readonly call: 'stop'; readonly id: string; readonly graceMs: number }
  | { readonly call: 'remove'; readonly id: string }
  | { readonly call: 'list' }
  /** Ends every container, then the shim itself. */
  | { readonly call: 'end'; readonly graceMs: number }
);

/** Lines of JSON from the shim to the agent. */
export type ShimMessage =
  | { readonly sequence: number; readonly result: unknown }
  | { readonly sequence: number; readonly error: string }
  | { readonly exited: string; readonly phase: ContainerPhase };

/** What the shim keeps of a container in a file. */
export interface ShimRecord extends ContainerRecord {
  readonly pid: number;
  /** When the process began by the system's own count, which tells it from a later one with the same pid. */
  readonly pidStart: string;
}

/** Splits a byte stream into lines of JSON. What does not parse throws a SyntaxError. */
export function createLineReader<T>(onLine: (message: T) => void): (chunk: Buffer) => void {
  let rest = '';
  const decoder = new TextDecoder();
  return (chunk) => {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      if (line !== '') onLine(JSON.parse(line) as T);
    }
  };
}
