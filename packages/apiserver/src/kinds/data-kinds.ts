import {
  equalJson,
  type FieldError,
  fieldError,
  getOwn,
  isObject,
  type JsonObject,
  objectAt,
  stringAt,
} from '../schema/contract.ts';
import { configMapColumns, secretColumns, serviceAccountColumns } from '../table/columns.ts';
import { booleanAt, ensureObject, setDefault } from './fields.ts';
import type { Strategy } from './kind.ts';

const keyPattern = /^[-._a-zA-Z0-9]+$/;
const keyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const sizeLimit = 1024 * 1024;

function dataErrors(object: JsonObject, fields: readonly string[]): FieldError[] {
  const out: FieldError[] = [];
  let size = 0;
  for (const field of fields) {
    for (const [key, value] of Object.entries(objectAt(object, field))) {
      if (!keyPattern.test(key) || key.length > 253) out.push(fieldError.invalid(`${field}[${key}]`, key, keyText));
      size +=
        field === 'data' && object.kind === 'ConfigMap'
          ? Buffer.byteLength(String(value))
          : (String(value).length * 3) / 4;
    }
  }
  if (size > sizeLimit) out.push(fieldError.tooLong(object.kind === 'Secret' ? 'data' : '', sizeLimit));
  return out;
}

function immutableErrors(object: JsonObject, live: JsonObject, fields: readonly string[]): FieldError[] {
  if (!booleanAt(live, 'immutable')) return [];
  const out: FieldError[] = [];
  const text = 'field is immutable when `immutable` is set';
  if (!booleanAt(object, 'immutable')) out.push(fieldError.forbidden('immutable', text));
  for (const field of fields) {
    if (!equalJson(objectAt(object, field), objectAt(live, field))) out.push(fieldError.forbidden(field, text));
  }
  return out;
}

export const configMapStrategy: Strategy = {
  columns: configMapColumns,
  validate: (object) => dataErrors(object, ['data', 'binaryData']),
  validateUpdate: (object, live) => [
    ...immutableErrors(object, live, ['data', 'binaryData']),
    ...dataErrors(object, ['data', 'binaryData']),
  ],
};

export const secretStrategy: Strategy = {
  columns: secretColumns,
  defaults(object) {
    setDefault(object, 'type', 'Opaque');
    const plain = getOwn(object, 'stringData');
    if (isObject(plain)) {
      const data = ensureObject(object, 'data');
      for (const [key, value] of Object.entries(plain)) data[key] = Buffer.from(String(value)).toString('base64');
      delete object.stringData;
    }
  },
  validate: (object) => dataErrors(object, ['data']),
  validateUpdate: (object, live) => [
    ...(stringAt(object, 'type') === stringAt(live, 'type')
      ? []
      : [fieldError.invalid('type', stringAt(object, 'type') ?? '', 'field is immutable')]),
    ...immutableErrors(object, live, ['data']),
    ...dataErrors(object, ['data']),
  ],
  selectableFields: { type: (object) => stringAt(object, 'type') ?? '' },
};

export const serviceAccountStrategy: Strategy = { columns: serviceAccountColumns, returnsDeleted: true };
