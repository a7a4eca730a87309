import { type Clock, systemClock, type Transport } from '@hardpoint/machinery';
import type { Answer, Case, Step } from './case.ts';
import { mask } from './mask.ts';

/** What a case may name. */
export interface Place {
  readonly ns: string;
  readonly id: string;
  readonly webhook: string;
  readonly webhookCa: string;
}

interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A watch that is silent for so long has told all it has, ms. */
const QUIET_MS = 1500;
/** An answer that is silent for so long is taken as it is, ms. */
const SILENCE_MS = 8000;
/** Background work must be done within, ms. */
const PATIENCE_MS = 30_000;

/** Makes the case's namespace, performs its steps in order, and answers with what came, masked. */
export async function perform(options: {
  readonly transport: Transport;
  readonly one: Case;
  readonly place: Place;
  readonly patienceMs?: number;
}): Promise<(Answer | null)[]> {
  const { transport, place } = options;
  const clock = systemClock;
  const send = (step: Step): Promise<RawAnswer> => exchange(transport, step, clock);
  await prepareNamespace(send, place.ns, clock);
  const raw: RawAnswer[] = [];
  const answers: (Answer | null)[] = [];
  for (const written of options.one.steps) {
    const step = fill(written, place, raw);
    const endMs = clock.monotonic() + (options.patienceMs ?? PATIENCE_MS);
    let answer = await send(step);
    while (step.untilStatus !== undefined && answer.status !== step.untilStatus && clock.monotonic() < endMs) {
      await clock.sleep(50);
      answer = await send(step);
    }
    raw.push(answer);
    const warning = answer.headers.warning;
    answers.push(
      step.silent === true
        ? null
        : {
            status: answer.status,
            contentType: answer.headers['content-type'] ?? '',
            ...(warning === undefined ? {} : { warning: mask(warning) as string }),
            body: mask(answer.body),
          },
    );
  }
  return answers;
}

async function prepareNamespace(send: (step: Step) => Promise<RawAnswer>, name: string, clock: Clock): Promise<void> {
  await send({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  });
  // Both are made in the background; Pods are refused before, and lists would differ.
  for (const path of ['serviceaccounts/default', 'configmaps/kube-root-ca.crt']) {
    const step: Step = { method: 'GET', path: `/api/v1/namespaces/${name}/${path}` };
    for (let tries = 0; tries < 40 && (await send(step)).status !== 200; tries += 1) await clock.sleep(25);
  }
}

async function exchange(transport: Transport, step: Step, clock: Clock): Promise<RawAnswer> {
  const stop = new AbortController();
  const body = step.text ?? (step.body === undefined ? undefined : JSON.stringify(step.body));
  const response = await transport.request({
    method: step.method as 'GET',
    path: step.path,
    headers: {
      accept: 'application/json',
      'user-agent': 'conformance/1',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...step.headers,
      ...(step.as === undefined ? {} : { 'impersonate-user': step.as.user }),
      ...(step.as?.group === undefined ? {} : { 'impersonate-group': step.as.group }),
    },
    ...(body === undefined ? {} : { body }),
    signal: stop.signal,
  });
  const { status, headers } = response;
  let text = '';
  const watching = step.events !== undefined && status === 200;
  let quiet: Disposable | undefined;
  const decoder = new TextDecoder();
  try {
    const rearm = (): void => {
      quiet?.[Symbol.dispose]();
      quiet = clock.timer(watching ? QUIET_MS : SILENCE_MS, () => stop.abort(new Error('quiet')));
    };
    rearm();
    for await (const chunk of response.body) {
      text += decoder.decode(chunk, { stream: true });
      rearm();
      if (watching && text.split('\n').length > (step.events ?? 0)) break;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    quiet?.[Symbol.dispose]();
  }
  stop.abort(new Error('read'));
  if (watching) return { status, headers, body: text.split('\n').filter(Boolean).map(parsed) };
  return { status, headers, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function fill(step: Step, place: Place, answers: readonly RawAnswer[]): Step {
  const replace = (text: string, encode: (value: string) => string): string =>
    text
      .replaceAll(/\{(ns|id|webhook|webhookCa)\}/g, (_, word: keyof Place) => place[word])
      .replaceAll(/\{\{([\w.-]+)\}\}/g, (_, path: string) => encode(String(lookUp(answers, path))));
  const filled = (value: unknown): unknown => {
    if (typeof value === 'string') return replace(value, (one) => one);
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [replace(key, (x) => x), filled(one)]));
  };
  return {
    ...step,
    path: replace(step.path, encodeURIComponent),
    ...(step.body === undefined ? {} : { body: filled(step.body) }),
    ...(step.text === undefined ? {} : { text: replace(step.text, (one) => one) }),
    ...(step.as === undefined ? {} : { as: filled(step.as) as { user: string } }),
  };
}

function lookUp(answers: readonly unknown[], path: string): unknown {
  let value: unknown = answers;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value;
}
