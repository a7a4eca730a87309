import { Correlation } from '../schema/correlation.ts';
import type { FieldError } from '../schema/field-error.ts';
import { describeErrors, fieldError } from '../schema/field-error.ts';
import type { Json } from '../schema/json.ts';
import { getOwn, isObject } from '../schema/json.ts';
import type { Schema, ValidationRule } from '../schema/schema.ts';
import { memberSchema } from '../schema/schema.ts';
import { CelCompileError, type CompiledRule, compileRule } from './compile-rule.ts';
import { withTypeMeta } from './declared-types.ts';
import { Budget, BudgetExceeded } from './evaluation.ts';
import { type CelValue, toCel } from './values.ts';

/** What all rules of one request may cost together, and what one rule may. */
const requestBudget = 10_000_000;
const ruleBudget = 1_000_000;

/** The compiled rules of a schema's node and below it; absent where there are none. */
interface RuleTree {
  readonly schema: Schema;
  readonly resourceRoot: boolean;
  readonly rules: readonly (CompiledRule | { readonly rule: ValidationRule; readonly error: string })[];
  readonly properties: ReadonlyMap<string, RuleTree>;
  readonly items: RuleTree | undefined;
  readonly additionalProperties: RuleTree | undefined;
  readonly allOf: readonly RuleTree[];
}

const trees = new WeakMap<Schema, { readonly tree: RuleTree | undefined }>();

/** Whether a schema has CEL rules anywhere. Compiles them, once. */
export function hasRules(schema: Schema): boolean {
  return treeOf(schema) !== undefined;
}

function treeOf(schema: Schema): RuleTree | undefined {
  let known = trees.get(schema);
  if (known === undefined) {
    known = { tree: compileTree(schema, schema, true) };
    trees.set(schema, known);
  }
  return known.tree;
}

/** `rules` is where rules are read from, `node` the structural schema that gives the types (they differ inside allOf). */
function compileTree(rules: Schema, node: Schema, resourceRoot: boolean): RuleTree | undefined {
  const properties = new Map<string, RuleTree>();
  for (const [name, property] of Object.entries(rules.properties ?? {})) {
    const inner = node.properties?.[name];
    const tree =
      inner === undefined ? undefined : compileTree(property, inner, inner['x-kubernetes-embedded-resource'] === true);
    if (tree !== undefined) properties.set(name, tree);
  }
  const items =
    rules.items === undefined || node.items === undefined
      ? undefined
      : compileTree(rules.items, node.items, node.items['x-kubernetes-embedded-resource'] === true);
  const rest = rules.additionalProperties;
  const nodeRest = node.additionalProperties;
  const additionalProperties =
    typeof rest === 'object' && typeof nodeRest === 'object'
      ? compileTree(rest, nodeRest, nodeRest['x-kubernetes-embedded-resource'] === true)
      : undefined;
  const allOf = (rules.allOf ?? []).flatMap((inner) => compileTree(inner, node, resourceRoot) ?? []);
  const own = (rules['x-kubernetes-validations'] ?? []).filter((rule) => rule.rule.trim() !== '');
  if (own.length + properties.size + allOf.length === 0 && items === undefined && additionalProperties === undefined) {
    return undefined;
  }
  return {
    schema: node,
    resourceRoot,
    rules: own.map((rule) => compileOne(node, rule, resourceRoot)),
    properties,
    items,
    additionalProperties,
    allOf,
  };
}

function compileOne(schema: Schema, rule: ValidationRule, resourceRoot: boolean) {
  try {
    return compileRule(schema, rule, { resourceRoot });
  } catch (error) {
    if (error instanceof CelCompileError) return { rule, error: error.message };
    throw error;
  }
}

/**
 * Runs every rule of the schema over a value. Rules that look at `oldSelf` run where there is an old value to compare
 * with; errors of other rules on unchanged values become warnings.
 */
export function validateRules(options: {
  readonly schema: Schema;
  readonly value: Json;
  readonly oldValue?: Json | undefined;
}): { readonly errors: readonly FieldError[]; readonly warnings: readonly string[] } {
  const tree = treeOf(options.schema);
  if (tree === undefined) return { errors: [], warnings: [] };
  const run = new Run();
  const { oldValue } = options;
  const correlation = oldValue === undefined ? undefined : new Correlation(options.value, oldValue, options.schema);
  try {
    run.node(tree, {
      value: options.value,
      old: oldValue ?? null,
      path: '',
      correlation,
      // Without an old value nothing is ratcheted.
      ancestor: undefined,
      root: true,
    });
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  return { errors: run.errors, warnings: run.warnings };
}

interface Place {
  readonly value: Json;
  /** null: no old value. */
  readonly old: Json;
  readonly path: string;
  readonly correlation: Correlation | undefined;
  readonly ancestor: Correlation | undefined;
  readonly root: boolean;
}

/** Ends a run whose budget is used up. */
class Stop extends Error {}

class Run {
  readonly errors: FieldError[] = [];
  readonly warnings: string[] = [];
  readonly #budget = new Budget(requestBudget);

  node(tree: RuleTree, place: Place): void {
    const { value } = place;
    if (value === null) return;
    this.#rules(tree, place);
    for (const inner of tree.allOf) this.node(inner, { ...place, correlation: undefined });
    if (Array.isArray(value)) this.#items(tree, value, place);
    else if (isObject(value)) this.#members(tree, value, place);
  }

  #items(tree: RuleTree, value: readonly Json[], place: Place): void {
    const { items } = tree;
    if (items === undefined) return;
    const old = Array.isArray(place.old) ? new Correlation([...value], place.old, tree.schema) : undefined;
    for (const [index, item] of value.entries()) {
      this.node(items, {
        value: item,
        old: old?.index(index)?.old ?? null,
        path: `${place.path}[${index}]`,
        correlation: place.correlation?.index(index),
        ancestor: place.correlation ?? place.ancestor,
        root: false,
      });
    }
  }

  #members(tree: RuleTree, value: { [key: string]: Json }, place: Place): void {
    for (const [key, member] of Object.entries(value)) {
      const named = tree.properties.get(key);
      const declared = tree.schema.properties !== undefined && Object.hasOwn(tree.schema.properties, key);
      const inner = named ?? (declared ? undefined : tree.additionalProperties);
      if (inner === undefined || memberSchema(tree.schema, key) === undefined) continue;
      const untracked = place.root && (key === 'apiVersion' || key === 'kind');
      this.node(inner, {
        value: member,
        old: isObject(place.old) ? (getOwn(place.old, key) ?? null) : null,
        path: declared ? (place.path === '' ? key : `${place.path}.${key}`) : `${place.path}[${key}]`,
        correlation: untracked ? undefined : place.correlation?.key(key),
        ancestor: untracked ? undefined : (place.correlation ?? place.ancestor),
        root: false,
      });
    }
  }

  #rules(tree: RuleTree, place: Place): void {
    if (tree.rules.length === 0) return;
    const schema = tree.resourceRoot ? withTypeMeta(tree.schema) : tree.schema;
    const field = place.path === '' ? '<nil>' : place.path;
    const type = tree.schema.type ?? '';
    let self: CelValue;
    let oldSelf: CelValue | undefined;
    let converted = false;
    for (const compiled of tree.rules) {
      if ('error' in compiled) {
        this.errors.push(fieldError.invalid(field, type, `rule compile error: ${compiled.error}`));
        continue;
      }
      const { rule } = compiled;
      if (compiled.usesOldSelf && place.old === null && rule.optionalOldSelf !== true) continue;
      if (!converted) {
        converted = true;
        self = toCel(schema, place.value);
        oldSelf = place.old === null ? undefined : toCel(schema, place.old);
      }
      this.#rule(compiled, { self, oldSelf }, place, { field, type });
    }
  }

  #rule(
    compiled: CompiledRule,
    values: { readonly self: CelValue; readonly oldSelf: CelValue | undefined },
    place: Place,
    { field, type }: { readonly field: string; readonly type: string },
  ): void {
    const { rule } = compiled;
    const name = (rule.message ?? '').trim() || rule.rule.trim();
    const allowed = Math.min(ruleBudget, this.#budget.left);
    const budget = new Budget(allowed);
    let holds: boolean;
    try {
      holds = compiled.holds(values, budget);
      this.#charge(allowed - budget.left, field, type);
    } catch (error) {
      if (error instanceof BudgetExceeded) {
        this.#stop(
          field,
          type,
          this.#budget.left < ruleBudget
            ? 'validation failed due to running out of cost budget, no further validation rules will be run'
            : `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${name}`,
        );
      }
      if (error instanceof Stop) throw error;
      const message = error instanceof Error ? error.message : String(error);
      this.errors.push(
        fieldError.invalid(
          field,
          type,
          message.startsWith('no such overload')
            ? `'${message}': call arguments did not match a supported operator, function or macro signature for rule: ${name}`
            : `${message} evaluating rule: ${name}`,
        ),
      );
      return;
    }
    if (holds) return;
    const error = failure(rule, place, this.#message(compiled, values, field, type), type);
    const forgiven =
      !compiled.usesOldSelf &&
      (place.correlation === undefined ? place.ancestor?.unchanged === true : place.correlation.unchanged);
    if (forgiven) this.warnings.push(describeErrors([error]));
    else this.errors.push(error);
  }

  #message(
    compiled: CompiledRule,
    values: { readonly self: CelValue; readonly oldSelf: CelValue | undefined },
    field: string,
    type: string,
  ): string {
    const { rule } = compiled;
    const allowed = Math.min(ruleBudget, this.#budget.left);
    const budget = new Budget(allowed);
    try {
      const described = compiled.describe(values, budget);
      this.#charge(allowed - budget.left, field, type);
      if (described !== undefined) return described;
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      this.#stop(
        field,
        type,
        'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run',
      );
    }
    return (rule.message ?? '').trim() || `failed rule: ${rule.rule.trim()}`;
  }

  /** Takes what one evaluation used from the request's budget. */
  #charge(used: number, field: string, type: string): void {
    try {
      this.#budget.spend(used);
    } catch (error) {
      if (!(error instanceof BudgetExceeded)) throw error;
      this.#stop(
        field,
        type,
        'validation failed due to running out of cost budget, no further validation rules will be run',
      );
    }
  }

  #stop(field: string, type: string, message: string): never {
    this.errors.push(fieldError.invalid(field, type, message));
    throw new Stop(message);
  }
}

function failure(rule: ValidationRule, place: Place, detail: string, type: string): FieldError {
  const field = fieldPathOf(rule, place.path);
  const shown = type === 'object' || type === 'array' ? {} : { value: place.value };
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { type: 'FieldValueForbidden', field, detail };
    case 'FieldValueRequired':
      return { type: 'FieldValueRequired', field, detail };
    case 'FieldValueDuplicate':
      return { type: 'FieldValueDuplicate', field, detail: '', ...shown };
    default:
      return { type: 'FieldValueInvalid', field, detail, ...shown };
  }
}

function fieldPathOf(rule: ValidationRule, path: string): string {
  const own = (rule.fieldPath ?? '')
    .trim()
    .replace(/^\./, '')
    .replace(/\['((?:[^'\\]|\\.)*)'\]/g, (_all, key: string) => `.${key}`);
  const full = own === '' ? path : path === '' ? own.replace(/^\./, '') : `${path}.${own.replace(/^\./, '')}`;
  return full === '' ? '<nil>' : full;
}
