/**
 * What the request pipeline calls: pure functions on JSON values. A create is decodeObject → mutating admission →
 * normalizeCustom (custom kinds, again after webhooks) → validateCustom → trackUpdate → store; a patch begins with
 * patchObject, an apply patch with applyObject followed by decodeObject on its result.
 */
export { applyObject, managerOfUserAgent, trackUpdate, type Writer } from '../apply/apply-object.ts';
export { CelCompileError } from '../cel/compile-rule.ts';
export {
  type AdmissionVariables,
  type CompiledMatchConditions,
  compileMatchConditions,
  type MatchOutcome,
} from '../cel/match-conditions.ts';
export { crdStatus } from '../crd/crd-status.ts';
export {
  type CustomVersion,
  convertCustom,
  customVersions,
  type PrinterColumn,
} from '../crd/custom-kinds.ts';
export { findValues, type JsonPath, JsonPathError, parseJsonPath } from '../crd/json-path.ts';
export { type ColumnDefinition, columnDefinitions, tableCells } from '../crd/printer-columns.ts';
export { defaultCrd, validateCrd } from '../crd/validate-crd.ts';
export {
  documentHash,
  openApiV2Document,
  openApiV3Document,
  type PublishedResource,
} from '../openapi/documents.ts';
export { type PatchType, patchObject } from '../patch/patch-object.ts';
export { builtinDefinition, builtinKind } from './builtin-kinds.ts';
export { cannotHandle, type DecodedObject, decodeObject, type FieldValidation } from './decode-object.ts';
export { describeErrors, errorBody, type FieldError, type FieldErrorType, fieldError } from './field-error.ts';
export {
  canonicalJson,
  cloneJson,
  type DecodedJson,
  decodeJson,
  equalJson,
  getOwn,
  isObject,
  type Json,
  JsonError,
  type JsonObject,
  objectAt,
  parseJson,
  setOwn,
  stringAt,
  stringifyJson,
} from './json.ts';
export { normalizeCustom } from './normalize-custom.ts';
export { apiVersionText, type GroupVersionKind, type KindSchema, type ScalePaths, type Schema } from './schema.ts';
export { type StatusCause, type StatusDetails, StatusError } from './status-error.ts';
export { type CustomValidation, validateCustom } from './validate-custom.ts';
