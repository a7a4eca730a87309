import type { Node } from '@hardpoint/kubernetes';
import type { KeeperMemory } from './aircraft-plan.ts';

/** Node annotation in which the keeper remembers what it did. */
export const KEEPER_MEMORY = 'airforce.mil/aircraft-keeper';

/** What the Node's annotation holds; nothing where there is none or it cannot be read, so that every word counts as another's. */
export function keeperMemory(node: Node): KeeperMemory {
  const text = node.metadata?.annotations?.[KEEPER_MEMORY];
  if (text === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as KeeperMemory) : {};
  } catch {
    return {};
  }
}
