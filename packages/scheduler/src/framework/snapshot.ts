import type { NodeInfo } from './node-info.ts';

/** All Nodes as they stood at the start of one scheduling cycle, in name order. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  get(name: string): NodeInfo | undefined;
}

export function createSnapshot(nodes: readonly NodeInfo[]): Snapshot {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  return { nodes, get: (name) => byName.get(name) };
}
