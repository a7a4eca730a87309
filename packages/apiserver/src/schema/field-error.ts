import type { Json } from './json.ts';
import { canonicalJson } from './json.ts';

/** `Status.details.causes[].reason` for errors of one field. */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueTypeInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'InternalError';

const words: Record<FieldErrorType, string> = {
  FieldValueNotFound: 'Not found',
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTooFew: 'Too few',
  InternalError: 'Internal error',
};

/** One thing wrong with one field, as apimachinery's `field.Error`. `value` absent: not shown. */
export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.containers[0].name`; map keys stand in brackets: `metadata.labels[a/b]`. `<nil>` for none. */
  readonly field: string;
  readonly value?: Json;
  /** How the value is written, where that is not its sorted JSON. */
  readonly shown?: string;
  readonly detail: string;
}

/** The message without the field's name. */
export function errorBody(error: FieldError): string {
  let body: string = words[error.type];
  const shown =
    error.type !== 'FieldValueRequired' &&
    error.type !== 'FieldValueForbidden' &&
    error.type !== 'FieldValueTooLong' &&
    error.type !== 'InternalError';
  if (shown && error.value !== undefined) {
    body += `: ${error.shown ?? (typeof error.value === 'string' ? goQuote(error.value) : canonicalJson(error.value))}`;
  }
  return error.detail === '' ? body : `${body}: ${error.detail}`;
}

/** A Go string literal (`%q`). */
export function goQuote(text: string): string {
  return JSON.stringify(text)
    .replace(/\\u([0-9a-f]{4})/g, (_all, hex: string) => (hex.startsWith('00') ? `\\x${hex.slice(2)}` : `\\u${hex}`))
    .replace(/\\b/g, '\\b')
    .replace(/\u007f/g, '\\x7f');
}

/** All errors as one text: a single one bare, several in brackets, equal texts once. */
export function describeErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${errorBody(error)}`))];
  return texts.length > 1 ? `[${texts.join(', ')}]` : (texts[0] ?? '');
}

export const fieldError = {
  required: (field: string, detail = ''): FieldError => ({ type: 'FieldValueRequired', field, detail }),
  invalid: (field: string, value: Json, detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field,
    value,
    detail,
  }),
  typeInvalid: (field: string, value: Json, detail: string): FieldError => ({
    type: 'FieldValueTypeInvalid',
    field,
    value,
    detail,
  }),
  notSupported: (field: string, value: Json, supported: readonly string[]): FieldError => ({
    type: 'FieldValueNotSupported',
    field,
    value,
    detail: supported.length === 0 ? '' : `supported values: ${supported.map(goQuote).join(', ')}`,
  }),
  forbidden: (field: string, detail: string): FieldError => ({ type: 'FieldValueForbidden', field, detail }),
  duplicate: (field: string, value: Json): FieldError => ({ type: 'FieldValueDuplicate', field, value, detail: '' }),
  notFound: (field: string, value: Json): FieldError => ({ type: 'FieldValueNotFound', field, value, detail: '' }),
  tooLong: (field: string, max: number): FieldError => ({
    type: 'FieldValueTooLong',
    field,
    detail: `may not be more than ${max} ${max === 1 ? 'byte' : 'bytes'}`,
  }),
  tooMany: (field: string, actual: number, max: number): FieldError => ({
    type: 'FieldValueTooMany',
    field,
    value: actual,
    detail: `must have at most ${max} ${max === 1 ? 'item' : 'items'}`,
  }),
  internal: (field: string, detail: string): FieldError => ({ type: 'InternalError', field, detail }),
};
