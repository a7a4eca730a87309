import type { JsonObject } from '../schema/json.ts';
import { getOwn, objectAt, stringAt } from '../schema/json.ts';
import { StatusError } from '../schema/status-error.ts';

type Requirement =
  | { readonly key: string; readonly operator: 'in' | 'notin'; readonly values: readonly string[] }
  | { readonly key: string; readonly operator: 'exists' | 'absent' }
  | { readonly key: string; readonly operator: 'gt' | 'lt'; readonly value: number };

export type LabelSelector = readonly Requirement[];

const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const labelKey = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)$/;

/** Parses `a=b,c in (d,e),!f`. Throws a StatusError 400. */
export function parseLabelSelector(text: string): LabelSelector {
  const tokens = text.match(/\(|\)|,|!=|==|=|!|<|>|[^\s(),!=<>]+/g) ?? [];
  const out: Requirement[] = [];
  let at = 0;
  const fail = (why: string): StatusError => StatusError.badRequest(`unable to parse requirement: ${why}`);
  const key = (): string => {
    const token = tokens[at++];
    if (token === undefined) throw fail(`found '', expected: identifier`);
    if (!labelKey.test(token)) {
      throw fail(
        `<nil>: Invalid value: ${JSON.stringify(token)}: name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
      );
    }
    return token;
  };
  const checkValue = (name: string, value: string): string => {
    if (value.length > 63 || !labelValue.test(value)) {
      throw fail(
        `values[0][${name}]: Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
      );
    }
    return value;
  };
  while (at < tokens.length) {
    if (tokens[at] === '!') {
      at++;
      out.push({ key: key(), operator: 'absent' });
    } else {
      const name = key();
      const operator = tokens[at];
      if (operator === undefined || operator === ',') out.push({ key: name, operator: 'exists' });
      else if (operator === '=' || operator === '==' || operator === '!=') {
        at++;
        const next = tokens[at];
        if (next !== undefined && /^[!=<>()]/.test(next)) throw fail(`found '${next}', expected: identifier`);
        const value = next === undefined || next === ',' ? '' : checkValue(name, next);
        if (value !== '' || (next !== undefined && next !== ',')) at++;
        out.push({ key: name, operator: operator === '!=' ? 'notin' : 'in', values: [value] });
      } else if (operator === 'in' || operator === 'notin') {
        at++;
        if (tokens[at] !== '(') throw fail(`found '${tokens[at] ?? ''}', expected: '('`);
        at++;
        const values: string[] = [];
        let pending = '';
        for (; ; at++) {
          const token = tokens[at];
          if (token === undefined) throw fail(`found '', expected: ',', ')' or identifier`);
          if (token === ',' || token === ')') {
            values.push(pending);
            pending = '';
            if (token === ')') break;
          } else pending = checkValue(name, token);
        }
        at++;
        out.push({ key: name, operator, values });
      } else if (operator === '>' || operator === '<') {
        const value = Number(tokens[at + 1]);
        if (!Number.isInteger(value)) {
          throw fail(
            `values[0]: Invalid value: ${JSON.stringify(tokens[at + 1] ?? '')}: for 'Gt', 'Lt' operators, the value must be an integer`,
          );
        }
        at += 2;
        out.push({ key: name, operator: operator === '>' ? 'gt' : 'lt', value });
      } else {
        throw fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
      }
    }
    if (at < tokens.length && tokens[at] !== ',') throw fail(`found '${tokens[at]}', expected: ',' or 'end of string'`);
    at++;
    if (at === tokens.length && tokens[at - 1] === ',') throw fail(`found '', expected: identifier after ','`);
  }
  return out;
}

export function matchesLabels(selector: LabelSelector, labels: JsonObject): boolean {
  return selector.every((requirement) => {
    const value = stringAt(labels, requirement.key);
    switch (requirement.operator) {
      case 'exists':
        return value !== undefined;
      case 'absent':
        return value === undefined;
      case 'in':
        return value !== undefined && requirement.values.includes(value);
      case 'notin':
        return value === undefined || !requirement.values.includes(value);
      case 'gt':
        return value !== undefined && /^-?\d+$/.test(value) && Number(value) > requirement.value;
      case 'lt':
        return value !== undefined && /^-?\d+$/.test(value) && Number(value) < requirement.value;
      default:
        return requirement satisfies never;
    }
  });
}

/** A LabelSelector object (`matchLabels`, `matchExpressions`) as requirements. Undefined matches nothing, empty everything. */
export function requirementsOf(selector: JsonObject): LabelSelector {
  const out: Requirement[] = [];
  for (const [key, value] of Object.entries(objectAt(selector, 'matchLabels'))) {
    out.push({ key, operator: 'in', values: [String(value)] });
  }
  const expressions = getOwn(selector, 'matchExpressions');
  for (const each of Array.isArray(expressions) ? expressions : []) {
    const expression = each as JsonObject;
    const key = stringAt(expression, 'key') ?? '';
    const values = (getOwn(expression, 'values') as string[] | undefined) ?? [];
    const operator = stringAt(expression, 'operator');
    if (operator === 'In') out.push({ key, operator: 'in', values });
    else if (operator === 'NotIn') out.push({ key, operator: 'notin', values });
    else if (operator === 'Exists') out.push({ key, operator: 'exists' });
    else out.push({ key, operator: 'absent' });
  }
  return out;
}

export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** Parses `metadata.name=a,spec.nodeName!=b`. Throws a StatusError 400. */
export function parseFieldSelector(text: string): readonly FieldRequirement[] {
  const out: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const found = /^((?:[^=!\\]|\\.)*)(!=|==|=)(.*)$/s.exec(term);
    if (found === null) {
      throw StatusError.badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    const [, field = '', operator, value = ''] = found;
    out.push({ field, equal: operator !== '!=', value: value.replace(/\\([\\,=])/g, '$1') });
  }
  return out;
}

function splitTerms(text: string): string[] {
  return text.split(/(?<!\\),/);
}
