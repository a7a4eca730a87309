import type { KubernetesObject, Node, Pod, Stored } from '@hardpoint/kubernetes';

/** A change in the cluster that may make a refused Pod fit. */
export type ClusterEvent =
  | {
      readonly resource: 'Node';
      readonly action: 'add' | 'update' | 'delete';
      readonly before?: Stored<Node>;
      readonly after?: Stored<Node>;
    }
  /** A Pod on a Node was bound, changed, ended or went. */
  | {
      readonly resource: 'AssignedPod';
      readonly action: 'add' | 'update' | 'delete';
      readonly before?: Stored<Pod>;
      readonly after?: Stored<Pod>;
    }
  /** The waiting Pod itself changed. */
  | {
      readonly resource: 'TargetPod';
      readonly action: 'update';
      readonly before: Stored<Pod>;
      readonly after: Stored<Pod>;
    }
  /** An aircraft's claim was taken or freed. */
  | { readonly resource: 'Claim'; readonly action: 'freed'; readonly node: string }
  | { readonly resource: 'Weapon'; readonly action: 'add' | 'update' | 'delete'; readonly after?: KubernetesObject }
  /** Nothing is known about what changed: everything is tried again. */
  | { readonly resource: 'Any'; readonly action: 'flush' };

export type ClusterResource = ClusterEvent['resource'];

/**
 * Which events wake a Pod that a plugin refused, and whether this one does: the plugin's queueing hint. An `isWorth`
 * that throws counts as yes.
 */
export interface EventRegistration {
  readonly resource: ClusterResource;
  readonly actions?: readonly string[];
  /** Absent: always. */
  readonly isWorth?: (pod: Stored<Pod>, event: ClusterEvent) => boolean;
}
