import type { Clock, Logger, Random } from '@hardpoint/machinery';
import { createSortieClient, type SigningKey, signSortieToken, WipError } from '@hardpoint/wip';
import { type LiveRefusal, readReport, type SortieReport } from './sortie-report.ts';

/** One living sortie that is to be followed. */
export interface FollowedSortie {
  /** namespace/name of its FlightTask. */
  readonly task: string;
  readonly podUID: string;
  /** `host:port` of SortieService. */
  readonly address: string;
}

/** Follows living sorties over SortieService (M5), one stream each, and keeps their newest report. */
export interface SortieWatchers {
  /** Begins to follow; again with the same Pod and address: nothing. */
  follow(sortie: FollowedSortie): void;
  /** Stops following what a task flew. Its last report is forgotten. */
  leave(task: string): void;
  report(task: string, podUID: string): SortieReport | undefined;
  /** Calls a sortie back, again and again until it says that it heard; one call at a time per Pod. */
  recall(task: string, podUID: string, reason: string): void;
  /** Resolves when every stream has ended; call after the signal has aborted. */
  ended(): Promise<void>;
}

interface Followed extends FollowedSortie {
  readonly stop: AbortController;
  report: SortieReport | undefined;
  recall: string | undefined;
  recalled: boolean;
  readonly refusals: Set<string>;
}

export function createSortieWatchers(options: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly key: () => SigningKey;
  /** Something new is known of a task's sortie. */
  readonly onReport: (task: string) => void;
  /** Once per refusal and run of the operator. */
  readonly onRefusal: (task: string, refusal: LiveRefusal) => void;
}): SortieWatchers {
  const { clock, signal } = options;
  const sorties = new Map<string, Followed>();
  const running = new Set<Promise<void>>();

  const token = (podUID: string): string => signSortieToken({ key: options.key(), podUID, nowMs: clock.now() });

  const take = (sortie: Followed, report: SortieReport): void => {
    if (report.podUID !== sortie.podUID) return;
    sortie.report = report;
    for (const refusal of report.refusals) {
      const identity = JSON.stringify([refusal.at, refusal.weapon, refusal.reason, refusal.jti, refusal.key]);
      if (sortie.refusals.has(identity)) continue;
      sortie.refusals.add(identity);
      options.onRefusal(sortie.task, refusal);
    }
    options.onReport(sortie.task);
  };

  const stream = async (sortie: Followed): Promise<void> => {
    const log = options.log.with({ task: sortie.task, podUID: sortie.podUID });
    const during = AbortSignal.any([signal, sortie.stop.signal]);
    using client = createSortieClient({ address: sortie.address });
    let delayMs = 100;
    while (!during.aborted) {
      try {
        const reports = client.watch({}, { bearer: token(sortie.podUID), signal: during });
        for await (const message of reports) {
          delayMs = 100;
          take(sortie, readReport(message));
        }
      } catch (error) {
        if (during.aborted) return;
        log.debug('the sortie’s stream broke', { code: WipError.from(error).code, delayMs });
      }
      await clock.sleep(delayMs * (0.75 + options.random.next() / 2), during).catch(() => {});
      delayMs = Math.min(delayMs * 2, 2000);
    }
  };

  const callBack = async (sortie: Followed): Promise<void> => {
    const during = AbortSignal.any([signal, sortie.stop.signal]);
    using client = createSortieClient({ address: sortie.address });
    while (!during.aborted && !sortie.recalled) {
      try {
        await client.recall(
          { reason: sortie.recall ?? '' },
          { bearer: token(sortie.podUID), signal: during, timeoutMs: 5000 },
        );
        sortie.recalled = true;
      } catch (error) {
        if (during.aborted) return;
        options.log.debug('a recall was not heard yet', { task: sortie.task, code: WipError.from(error).code });
        await clock.sleep(250 + options.random.integer(250), during).catch(() => {});
      }
    }
  };

  const run = (work: Promise<void>): void => {
    const tracked = work
      .catch((error: unknown) => options.log.error('a sortie’s watcher failed', { error }))
      .finally(() => running.delete(tracked));
    running.add(tracked);
  };

  return {
    follow({ task, podUID, address }) {
      if (signal.aborted) return;
      const before = sorties.get(task);
      if (before?.podUID === podUID && before.address === address) return;
      before?.stop.abort(new Error('the sortie has moved'));
      const same = before?.podUID === podUID;
      const sortie: Followed = {
        task,
        podUID,
        address,
        stop: new AbortController(),
        report: same ? before.report : undefined,
        recall: undefined,
        recalled: false,
        refusals: same ? before.refusals : new Set(),
      };
      sorties.set(task, sortie);
      run(stream(sortie));
    },
    leave(task) {
      sorties.get(task)?.stop.abort(new Error('the sortie is over'));
      sorties.delete(task);
    },
    report(task, podUID) {
      const sortie = sorties.get(task);
      return sortie?.podUID === podUID ? sortie.report : undefined;
    },
    recall(task, podUID, reason) {
      const sortie = sorties.get(task);
      if (sortie === undefined || sortie.podUID !== podUID || sortie.recall !== undefined) return;
      sortie.recall = reason;
      run(callBack(sortie));
    },
    async ended() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
