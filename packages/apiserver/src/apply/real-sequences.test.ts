import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { customVersions } from '../crd/custom-kinds.ts';
import { answers, type StepAnswer } from '../fixtures/answers.ts';
import { type Sequence, type Step, sequences } from '../fixtures/sequence-cases.ts';
import { widgetCrd } from '../fixtures/widget.ts';
import { patchObject } from '../patch/patch-object.ts';
import { builtinKind } from '../schema/builtin-kinds.ts';
import { decodeObject } from '../schema/decode-object.ts';
import type { Json, JsonObject } from '../schema/json.ts';
import { canonicalJson, cloneJson, getOwn, isObject, objectAt } from '../schema/json.ts';
import type { KindSchema } from '../schema/schema.ts';
import { apiVersionText } from '../schema/schema.ts';
import { StatusError } from '../schema/status-error.ts';
import { applyObject, trackUpdate } from './apply-object.ts';

const [widget] = customVersions(widgetCrd() as unknown as JsonObject);

function kindOf({ kind }: Sequence): KindSchema {
  const found = kind.kind === 'Widget' ? widget?.kind : builtinKind(kind);
  assert.ok(found, kind.kind);
  return found;
}

function named(sequence: Sequence, body: unknown): JsonObject {
  const own = cloneJson(body as JsonObject);
  const type = { apiVersion: apiVersionText(kindOf(sequence)), kind: sequence.kind.kind };
  return { ...type, ...own, metadata: { name: sequence.object, ...objectAt(own, 'metadata') } };
}

function run(sequence: Sequence, step: Step, live: JsonObject | undefined): JsonObject {
  const kind = kindOf(sequence);
  const writer = { manager: step.manager, subresource: step.subresource ?? '', time: '2026-01-01T00:00:00Z' };
  const read = (value: Json): JsonObject =>
    decodeObject({ kind, body: { value, duplicates: [] }, fieldValidation: 'Ignore' }).object;
  switch (step.verb) {
    case 'apply': {
      const applied = named(sequence, step.body);
      return read(applyObject({ kind, live, applied, writer, force: step.force === true }));
    }
    case 'create':
      return trackUpdate({ kind, live, object: read(named(sequence, step.body)), writer });
    case 'update': {
      assert.ok(live);
      const next = cloneJson(live);
      for (const [key, value] of Object.entries(step.body as JsonObject)) {
        next[key] = { ...objectAt(next, key), ...(value as JsonObject) };
      }
      return trackUpdate({ kind, live, object: read(next), writer });
    }
    default: {
      assert.ok(live);
      const body = JSON.stringify(step.body);
      const { object } = patchObject({ kind, live, patchType: step.verb, body, fieldValidation: 'Ignore' });
      return trackUpdate({ kind, live, object, writer });
    }
  }
}

/** Managers without times, and what the writers wrote. */
function essence(object: JsonObject): Json {
  const metadata = objectAt(object, 'metadata');
  const managers = getOwn(metadata, 'managedFields');
  const entries = Array.isArray(managers) ? managers.filter(isObject) : [];
  const shown = entries.map(({ time, ...entry }) => ({ ...entry, timed: time !== undefined }));
  shown.sort((a, b) => (canonicalJson(a as JsonObject) < canonicalJson(b as JsonObject) ? -1 : 1));
  const kept = ['labels', 'annotations', 'finalizers', 'ownerReferences'].map((key) => getOwn(metadata, key) ?? null);
  return [shown, kept, object.spec ?? null, object.data ?? null, object.status ?? null];
}

function outcome(sequence: Sequence, step: Step, live: JsonObject | undefined): StepAnswer {
  try {
    return { code: 200, object: run(sequence, step, live) };
  } catch (error) {
    if (error instanceof StatusError) return { code: error.code, message: error.message };
    throw error;
  }
}

suite('what writes left behind on kube-apiserver 1.37', () => {
  for (const sequence of sequences) {
    test(sequence.name, () => {
      let live: JsonObject | undefined;
      for (const [index, step] of sequence.steps.entries()) {
        const recorded = answers.sequences[sequence.name]?.[index];
        assert.ok(recorded, 'no recorded answer: run scripts/record-answers.ts');
        const where = `step ${index}: ${step.verb} by ${step.manager}`;
        const ours = outcome(sequence, step, live);
        if (recorded.object === undefined || ours.object === undefined) {
          assert.deepEqual(ours, recorded, where);
          continue;
        }
        assert.deepEqual(essence(ours.object), essence(recorded.object), where);
        live = recorded.object;
      }
    });
  }
});
