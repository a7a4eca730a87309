import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { customVersions } from '../crd/custom-kinds.ts';
import { defaultCrd, validateCrd } from '../crd/validate-crd.ts';
import { answers, type OneShotAnswer } from '../fixtures/answers.ts';
import { type OneShot, oneShots } from '../fixtures/one-shot-cases.ts';
import { widgetCrd } from '../fixtures/widget.ts';
import { builtinKind } from './builtin-kinds.ts';
import { decodeObject } from './decode-object.ts';
import type { FieldError } from './field-error.ts';
import type { JsonObject } from './json.ts';
import { objectAt, stringAt } from './json.ts';
import type { GroupVersionKind, KindSchema } from './schema.ts';
import { StatusError } from './status-error.ts';
import { validateCustom } from './validate-custom.ts';

const [widget] = customVersions(widgetCrd() as unknown as JsonObject);

function kindOf(gvk: GroupVersionKind): KindSchema {
  const kind = gvk.kind === 'Widget' ? widget?.kind : builtinKind(gvk);
  assert.ok(kind, gvk.kind);
  return kind;
}

/**
 * Where ours is known to differ: kept with the reason, so that a change of it is seen. Values of internal Go structs in
 * messages are ours to write otherwise; a value is not what a client acts on.
 */
const different: Readonly<Record<string, string>> = {};

function errorsOf(kind: KindSchema, object: JsonObject): readonly FieldError[] {
  if (kind.origin === 'custom') return validateCustom({ kind, object }).errors;
  if (kind.kind !== 'CustomResourceDefinition') return [];
  defaultCrd(object);
  return validateCrd({ crd: object });
}

function answerOf(shot: OneShot): OneShotAnswer {
  const kind = kindOf(shot.kind);
  try {
    const { object } = decodeObject({ kind, body: shot.body, fieldValidation: shot.fieldValidation });
    const errors = errorsOf(kind, object);
    const name = stringAt(objectAt(object, 'metadata'), 'name') ?? '';
    if (errors.length > 0) throw StatusError.invalid({ ...shot.kind, name, errors });
    return { code: 201, ...(shot.kind.kind === 'Widget' ? { spec: object.spec } : {}) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const causes = error.details?.causes;
    if (causes === undefined) return { code: error.code, message: error.message };
    const texts = causes.map(({ reason, field, message }) => `${reason}|${field}|${message}`).sort();
    return { code: error.code, causes: texts };
  }
}

suite('what kube-apiserver 1.37 answered to a create', () => {
  for (const shot of oneShots()) {
    test(shot.name, () => {
      const recorded = answers.oneShots[shot.name];
      assert.ok(recorded, 'no recorded answer: run scripts/record-answers.ts');
      if (different[shot.name] !== undefined) {
        assert.notDeepEqual(answerOf(shot), recorded);
        return;
      }
      assert.deepEqual(answerOf(shot), recorded);
    });
  }
});
