import { connectionTransport, loadKubeconfig } from '@hardpoint/machinery';
import { startTestApi } from '@hardpoint/testing';
import type { Answer, Case } from './case.ts';
import { cases } from './cases/index.ts';
import { perform } from './perform.ts';
import { startWebhookServer } from './webhook-server.ts';

export type Engine = 'embedded' | 'real';

/** What a case gave: its masked answers (null for a step that is not compared), or why it could not be performed. */
export type Outcome = readonly (Answer | null)[] | { readonly failed: string };

/** Runs the cases one after another on a fresh server of one kind, over HTTPS; `onCase` hears of each. */
export async function runSuite(options: {
  readonly engine: Engine;
  readonly match?: (one: Case) => boolean;
  readonly patienceMs?: number;
  readonly onCase: (one: Case, outcome: Outcome) => void;
}): Promise<void> {
  await using hook = await startWebhookServer();
  await using api = await startTestApi({
    engine: options.engine,
    serviceAccounts: true,
    controllers: [
      'garbage-collector-controller',
      'namespace-controller',
      'serviceaccount-controller',
      'root-ca-certificate-publisher-controller',
    ],
  });
  await using transport = connectionTransport(await loadKubeconfig({ file: api.kubeconfigFile }));
  for (const [at, one] of cases.entries()) {
    if (options.match !== undefined && !options.match(one)) continue;
    const place = { ns: `case-${at}`, id: `x${at}`, webhook: hook.url, webhookCa: hook.ca };
    let outcome: Outcome;
    try {
      const patience = options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs };
      outcome = unnumbered(await perform({ transport, one, place, ...patience }), place);
    } catch (error) {
      outcome = { failed: error instanceof Error ? error.message : String(error) };
    }
    options.onCase(one, outcome);
  }
}

/** The answers without the numbers that the case's place in the table gave them. */
function unnumbered<R>(answers: R, place: { readonly ns: string; readonly id: string }): R {
  const text = JSON.stringify(answers)
    .replaceAll(new RegExp(`\\b${place.ns}\\b`, 'g'), '{ns}')
    .replaceAll(new RegExp(`\\b${place.id}\\b`, 'g'), '{id}');
  return JSON.parse(text) as R;
}
