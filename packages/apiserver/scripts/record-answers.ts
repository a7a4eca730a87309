/**
 * Sends the cases of src/fixtures to a real kube-apiserver and writes down what it answers, so that the tests know it
 * without one.
 *
 *     node packages/apiserver/scripts/record-answers.ts URL TOKEN      (the server's certificate is not checked)
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { OneShotAnswer, StepAnswer } from '../src/fixtures/answers.ts';
import { oneShots } from '../src/fixtures/one-shot-cases.ts';
import { type Sequence, type Step, sequences } from '../src/fixtures/sequence-cases.ts';
import { widgetCrd } from '../src/fixtures/widget.ts';

const [url, token] = process.argv.slice(2);
if (url === undefined || token === undefined) throw new Error('usage: record-answers.ts URL TOKEN');
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

interface Answer {
  readonly code: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the server says
  readonly body: any;
}

async function send(method: string, path: string, body?: unknown, type = 'application/json'): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { code: response.status, body: await response.json() };
}

async function waitForWidgets(): Promise<void> {
  await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetCrd());
  while ((await send('GET', '/apis/hp.test/v1/widgets')).code !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function failure({ code, body }: Answer): OneShotAnswer {
  const causes = body.details?.causes as { reason: string; field: string; message: string }[] | undefined;
  if (causes === undefined) return { code, message: body.message };
  return { code, causes: causes.map((cause) => `${cause.reason}|${cause.field}|${cause.message}`).sort() };
}

async function sendStep(sequence: Sequence, step: Step): Promise<Answer> {
  const { kind, path, object } = sequence;
  const type = { apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`, kind: kind.kind };
  const query = `?fieldManager=${step.manager}${step.force === true ? '&force=true' : ''}`;
  const place = `${path}/${object}${step.subresource === undefined ? '' : `/${step.subresource}`}`;
  const body = step.body as Record<string, Record<string, unknown>>;
  const named = (own: object): object => ({ ...type, ...own, metadata: { name: object, ...body.metadata } });
  switch (step.verb) {
    case 'create':
      return await send('POST', path + query, named(body));
    case 'apply':
      return await send('PATCH', place + query, named(body), 'application/apply-patch+yaml');
    case 'update': {
      const live = (await send('GET', `${path}/${object}`)).body;
      const merged = { ...live, ...type };
      for (const [key, value] of Object.entries(body)) merged[key] = { ...live[key], ...value };
      return await send('PUT', place + query, merged);
    }
    default: {
      const name = step.verb === 'strategic' ? 'strategic-merge-patch' : `${step.verb}-patch`;
      return await send('PATCH', place + query, step.body, `application/${name}+json`);
    }
  }
}

await waitForWidgets();
const shots: Record<string, OneShotAnswer> = {};
for (const shot of oneShots()) {
  const answer = await send('POST', `${shot.path}?dryRun=All&fieldValidation=${shot.fieldValidation}`, shot.body);
  if (shots[shot.name] !== undefined) throw new Error(`two cases are named ${shot.name}`);
  shots[shot.name] =
    answer.code >= 400
      ? failure(answer)
      : { code: answer.code, ...(shot.kind.kind === 'Widget' ? { spec: answer.body.spec } : {}) };
}
const runs: Record<string, StepAnswer[]> = {};
for (const sequence of sequences) {
  const place = `${sequence.path}/${sequence.object}`;
  await send('PATCH', place, { metadata: { finalizers: null } }, 'application/merge-patch+json');
  await send('DELETE', place);
  const steps: StepAnswer[] = [];
  for (const step of sequence.steps) {
    const answer = await sendStep(sequence, step);
    steps.push(
      answer.code >= 400
        ? { code: answer.code, message: answer.body.message }
        : { code: answer.code, object: answer.body },
    );
  }
  await send('PATCH', place, { metadata: { finalizers: null } }, 'application/merge-patch+json');
  await send('DELETE', place);
  runs[sequence.name] = steps;
}
const target = join(import.meta.dirname, '../src/fixtures/answers.json');
writeFileSync(target, `${JSON.stringify({ oneShots: shots, sequences: runs }, null, 1)}\n`);
