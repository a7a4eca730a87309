import type { ContainerRecord } from './container-runtime.ts';

/** Containers by id and by Pod. */
export interface RecordStore {
  get(id: string): ContainerRecord | undefined;
  set(record: ContainerRecord): void;
  delete(id: string): void;
  /** Oldest first; of one Pod where a uid is given. */
  list(podUid?: string): readonly ContainerRecord[];
}

export function createRecordStore(): RecordStore {
  const records = new Map<string, ContainerRecord>();
  const byPod = new Map<string, Set<string>>();
  return {
    get: (id) => records.get(id),
    set(record) {
      const { id, podUid } = record.spec;
      records.set(id, record);
      const ids = byPod.get(podUid) ?? new Set();
      byPod.set(podUid, ids.add(id));
    },
    delete(id) {
      const record = records.get(id);
      if (record === undefined) return;
      records.delete(id);
      const ids = byPod.get(record.spec.podUid);
      ids?.delete(id);
      if (ids?.size === 0) byPod.delete(record.spec.podUid);
    },
    list(podUid) {
      if (podUid === undefined) return [...records.values()];
      return [...(byPod.get(podUid) ?? [])].map((id) => records.get(id)).filter((record) => record !== undefined);
    },
  };
}
