import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Json } from '../schema/json.ts';
import type { Schema } from '../schema/schema.ts';
import { compileMatchConditions } from './match-conditions.ts';
import { validateRules } from './validate-rules.ts';

const items: Schema = { type: 'array', items: { type: 'integer' } };

function errorsOf(schema: Schema, value: Json, oldValue?: Json): string[] {
  return validateRules({ schema, value, oldValue }).errors.map((error) => `${error.field}: ${error.detail}`);
}

function withRule(properties: Record<string, Schema>, rule: string, more: object = {}): Schema {
  return { type: 'object', properties, 'x-kubernetes-validations': [{ rule, ...more }] };
}

/** Expressions of Kubernetes' libraries that hold. */
const holding = [
  '[1, 2, 3].isSorted() && [1, 2, 3].sum() == 6 && [3, 1].min() == 1 && [3, 1].max() == 3',
  '"abc 123".find("[0-9]+") == "123" && "a1b2".findAll("[0-9]") == ["1", "2"]',
  '"a-b".split("-")[1] == "b" && ["a", "b"].join(",") == "a,b" && "abc".replace("b", "x") == "axc"',
  '"%s has %d".format(["x", 3]) == "x has 3"',
  'isURL("https://a.b:8443/p?q=1") && url("https://a.b:8443/p?q=1").getPort() == "8443"',
  'isIP("10.0.0.1") && !isIP("10.0.0") && ip("10.0.0.1").family() == 4 && ip("127.0.0.1").isLoopback()',
  'cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").prefixLength() == 8',
  'quantity("1Gi").isGreaterThan(quantity("1G")) && isQuantity("1k") && !isQuantity("x")',
  'sets.contains([1, 2], [1]) && sets.intersects([1], [1, 2]) && sets.equivalent([1, 1], [1])',
  'duration("1h") > duration("59m") && timestamp("2026-01-01T00:00:00Z") < timestamp("2026-01-02T00:00:00Z")',
  'cel.bind(x, 3, x * x) == 9',
  'optional.none().orValue(1) == 1',
  '"ab".matches("^a.$") && !"ab".matches("^b")',
];

suite('CEL rules', () => {
  for (const rule of holding) test(rule, () => assert.deepEqual(errorsOf(withRule({}, rule), {}), []));

  test('integers, doubles and int-or-string have the types of their schema', () => {
    const schema = withRule(
      { i: { type: 'integer' }, d: { type: 'number' }, x: { 'x-kubernetes-int-or-string': true } },
      'self.i / 2 == 1 && self.d / 2.0 == 1.5 && (type(self.x) == int ? self.x == 80 : self.x == "http")',
    );
    assert.deepEqual(errorsOf(schema, { i: 3, d: 3, x: 80 }), []);
    assert.deepEqual(errorsOf(schema, { i: 3, d: 3, x: 'http' }), []);
  });

  test('names that are no identifiers are escaped', () => {
    const schema = withRule(
      { namespace: { type: 'string' }, 'a-b': { type: 'string' }, constructor: { type: 'string' } },
      'self.__namespace__ == "x" && self.a__dash__b == "y" && self.constructor == "z"',
    );
    assert.deepEqual(errorsOf(schema, { namespace: 'x', 'a-b': 'y', constructor: 'z' }), []);
  });

  test('a failed rule says itself, its message, or what its expression yields', () => {
    const self = { n: { type: 'integer' } };
    assert.deepEqual(errorsOf(withRule(self, 'self.n > 1'), { n: 1 }), ['<nil>: failed rule: self.n > 1']);
    assert.deepEqual(errorsOf(withRule(self, 'self.n > 1', { message: 'too few' }), { n: 1 }), ['<nil>: too few']);
    const told = { messageExpression: '"only " + string(self.n)', fieldPath: '.n' };
    assert.deepEqual(errorsOf(withRule(self, 'self.n > 1', told), { n: 1 }), ['n: only 1']);
  });

  test('transition rules run where there is an old value to compare with, also in map lists', () => {
    const schema: Schema = {
      type: 'object',
      properties: {
        list: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            properties: { name: { type: 'string' }, v: { type: 'integer' } },
            'x-kubernetes-validations': [{ rule: 'self.v >= oldSelf.v', message: 'never falls' }],
          },
        },
      },
    };
    const value = {
      list: [
        { name: 'b', v: 1 },
        { name: 'a', v: 1 },
      ],
    };
    assert.deepEqual(errorsOf(schema, value), []);
    assert.deepEqual(errorsOf(schema, value, { list: [{ name: 'a', v: 2 }] }), ['list[1]: never falls']);
  });

  test('an optional oldSelf is there on create', () => {
    const schema = withRule(
      { n: { type: 'integer' } },
      'oldSelf.hasValue() ? self.n > oldSelf.value().n : self.n == 0',
      {
        optionalOldSelf: true,
      },
    );
    assert.deepEqual(errorsOf(schema, { n: 0 }), []);
    assert.equal(errorsOf(schema, { n: 1 }).length, 1);
    assert.deepEqual(errorsOf(schema, { n: 2 }, { n: 1 }), []);
    const mapped = withRule({ n: { type: 'integer' } }, 'oldSelf.optMap(o, self.n > o.n).orValue(true)', {
      optionalOldSelf: true,
    });
    assert.deepEqual(errorsOf(mapped, { n: 0 }), []);
    assert.deepEqual(errorsOf(mapped, { n: 2 }, { n: 1 }), []);
    assert.equal(errorsOf(mapped, { n: 1 }, { n: 1 }).length, 1);
  });

  test('what did not change is only warned of', () => {
    const schema: Schema = { type: 'object', properties: { spec: withRule({ n: { type: 'integer' } }, 'self.n > 1') } };
    const found = validateRules({ schema, value: { spec: { n: 1 } }, oldValue: { spec: { n: 1 } } });
    assert.deepEqual(found.errors, []);
    assert.deepEqual(found.warnings, ['spec: Invalid value: failed rule: self.n > 1']);
  });

  test('a hostile rule runs out of budget, a hostile pattern is linear', { timeout: 10_000 }, () => {
    const deep = withRule(
      { l: items },
      'self.l.all(a, self.l.all(b, self.l.all(c, self.l.all(d, a + b + c + d > 0))))',
    );
    const long = Array.from({ length: 1000 }, (_, index) => index + 1);
    assert.match(errorsOf(deep, { l: long }).join(), /actual cost limit exceeded/);
    const pattern = withRule({ s: { type: 'string' } }, 'self.s.matches("^(a+)+$")');
    assert.equal(errorsOf(pattern, { s: `${'a'.repeat(50_000)}b` }).length, 1);
    const growing = 'cel.bind(a, "xxxxxxxxxx", '.concat(
      ...Array.from({ length: 30 }, () => 'cel.bind(a, a + a + a + a, '),
      'size(a) > 0',
      ...Array.from({ length: 31 }, () => ')'),
    );
    assert.equal(errorsOf(withRule({}, growing), {}).length, 1);
  });

  test('evaluation errors name the rule', () => {
    const schema = withRule({ m: { type: 'object', additionalProperties: { type: 'integer' } } }, 'self.m["x"] == 1');
    assert.deepEqual(errorsOf(schema, { m: {} }), ['<nil>: no such key: x evaluating rule: self.m["x"] == 1']);
    const division = withRule({ n: { type: 'integer' } }, '1 / self.n == 1');
    assert.deepEqual(errorsOf(division, { n: 0 }), ['<nil>: division by zero evaluating rule: 1 / self.n == 1']);
  });
});

suite('match conditions', () => {
  const request = { operation: 'CREATE', userInfo: { username: 'u', groups: ['g'] } };
  const evaluate = (...expressions: string[]) =>
    compileMatchConditions(expressions.map((expression, index) => ({ name: `c${index}`, expression }))).evaluate({
      request,
      object: { metadata: { annotations: { 'airforce.mil/weapon-loadout': '[]' } }, n: 1 },
      oldObject: null,
    });

  test('all must hold; one false decides, also beside an error', () => {
    assert.deepEqual(evaluate('"airforce.mil/weapon-loadout" in object.metadata.annotations', 'oldObject == null'), {
      kind: 'match',
    });
    assert.deepEqual(evaluate('object.nothing == 1', '!("g" in request.userInfo.groups)'), {
      kind: 'no-match',
      condition: 'c1',
    });
    assert.deepEqual(evaluate('object.nothing == 1', 'true'), { kind: 'error', message: 'no such key: nothing' });
    assert.deepEqual(evaluate('has(object.metadata.labels) && object.metadata.labels.x == "y"'), {
      kind: 'no-match',
      condition: 'c0',
    });
  });

  test('an expression that does not compile is refused', () => {
    assert.throws(() => compileMatchConditions([{ name: 'x', expression: 'request.' }]), /compilation failed/);
  });
});
