import { type Locale, NAMESPACES, texts } from '@hardpoint/api';
import {
  type Client,
  type Clock,
  createEventRecorder,
  type Logger,
  type Random,
  runLeaderElected,
} from '@hardpoint/machinery';
import { runControllers } from './controllers.ts';
import { ensureNamespace, loadLaunchKey } from './launch-key.ts';
import { DEFAULT_SETTINGS, type SortieSettings } from './sortie-pod/settings.ts';
import { startWebhook, type WebhookOptions } from './webhook/start-webhook.ts';

export interface OperatorOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Unique to this replica. */
  readonly identity: string;
  readonly webhook: WebhookOptions;
  /** Language of conditions, Events and refusals. Default zh-CN. */
  readonly locale?: Locale;
  readonly settings?: Partial<SortieSettings>;
  /** Called once, when the webhooks answer and are registered. */
  readonly onReady?: () => void;
  /** Leader election's figures, ms. */
  readonly election?: {
    readonly leaseDurationMs?: number;
    readonly renewDeadlineMs?: number;
    readonly retryPeriodMs?: number;
  };
}

/**
 * Runs the operator until `signal` aborts. Webhooks answer on every replica; controllers run where the Lease
 * hardpoint-system/hardpoint-operator is held.
 */
export async function runOperator(options: OperatorOptions): Promise<void> {
  const { client, clock, random, log, signal } = options;
  const locale = options.locale ?? 'zh-CN';
  const settings: SortieSettings = { ...DEFAULT_SETTINGS, ...options.settings, locale };
  try {
    await patiently(options, () => ensureNamespace(client, NAMESPACES.system, signal));
    const key = await patiently(options, () => loadLaunchKey({ client, signal }));
    await using webhook = await startWebhook({ ...options, key: () => key, texts: texts(locale), settings });
    await patiently(options, () => webhook.register(signal));
    options.onReady?.();
    await using events = createEventRecorder({
      client,
      clock,
      random,
      log,
      reportingController: 'hardpoint-operator',
      reportingInstance: options.identity,
    });
    await runLeaderElected({
      client,
      lease: { namespace: NAMESPACES.system, name: 'hardpoint-operator' },
      identity: options.identity,
      clock,
      random,
      log,
      signal,
      ...options.election,
      run: (leading) =>
        runControllers({
          client,
          clock,
          random,
          log,
          signal: leading,
          events,
          key: () => key,
          texts: texts(locale),
          settings,
          metrics: webhook.metrics,
        }),
    });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** Tries until it works: the API may start later than the operator, or be away for a while. */
async function patiently<R>(options: OperatorOptions, work: () => Promise<R>): Promise<R> {
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 2, 5000)) {
    try {
      return await work();
    } catch (error) {
      if (options.signal.aborted) throw error;
      options.log.warn('the operator cannot start yet; trying again', { error, delayMs });
      await options.clock.sleep(delayMs, options.signal);
    }
  }
}
