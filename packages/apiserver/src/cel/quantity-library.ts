import type { Environment } from '@marcbachmann/cel-js';
import { EvaluationError } from '@marcbachmann/cel-js';

/** A quantity in billionths of its unit: the smallest step Kubernetes keeps. */
class Quantity {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

const scale = 1_000_000_000n;
const decimal: Readonly<Record<string, [bigint, bigint]>> = {
  n: [1n, scale],
  u: [1000n, scale],
  m: [1_000_000n, scale],
  '': [1n, 1n],
  k: [1000n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  T: [10n ** 12n, 1n],
  P: [10n ** 15n, 1n],
  E: [10n ** 18n, 1n],
  Ki: [1024n, 1n],
  Mi: [1024n ** 2n, 1n],
  Gi: [1024n ** 3n, 1n],
  Ti: [1024n ** 4n, 1n],
  Pi: [1024n ** 5n, 1n],
  Ei: [1024n ** 6n, 1n],
};

function tryParse(text: string): Quantity | undefined {
  const match =
    /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,3}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '0', fraction = '', bare = '', suffix = '', exponent] = match;
  const digits = fraction + bare;
  let [up, down] = decimal[suffix] ?? [1n, 1n];
  if (exponent !== undefined) {
    const power = Number(exponent);
    if (power >= 0) up = 10n ** BigInt(power);
    else down = 10n ** BigInt(-power);
  }
  const top = BigInt(whole + digits) * up * scale;
  const bottom = down * 10n ** BigInt(digits.length);
  const nanos = (top + bottom - 1n) / bottom;
  return new Quantity(sign === '-' ? -nanos : nanos);
}

function parse(text: string): Quantity {
  const quantity = tryParse(text);
  if (quantity === undefined) {
    throw new EvaluationError(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  return quantity;
}

function isInteger(quantity: Quantity): boolean {
  const value = quantity.nanos / scale;
  return quantity.nanos % scale === 0n && BigInt.asIntN(64, value) === value;
}

function sign(value: bigint): bigint {
  return value < 0n ? -1n : value > 0n ? 1n : 0n;
}

/** Kubernetes' `quantity` functions. */
export function registerQuantity(environment: Environment): void {
  const type = 'kubernetes.Quantity';
  environment
    .registerType(type, { ctor: Quantity })
    .registerFunction(`quantity(string): ${type}`, parse)
    .registerFunction('isQuantity(string): bool', (text: string) => tryParse(text) !== undefined)
    .registerFunction(`${type}.sign(): int`, (q: Quantity) => sign(q.nanos))
    .registerFunction(`${type}.isInteger(): bool`, isInteger)
    .registerFunction(`${type}.asInteger(): int`, (q: Quantity) => {
      if (!isInteger(q)) throw new EvaluationError('cannot convert value to integer');
      return q.nanos / scale;
    })
    .registerFunction(`${type}.asApproximateFloat(): double`, (q: Quantity) => Number(q.nanos) / 1e9)
    .registerFunction(`${type}.isGreaterThan(${type}): bool`, (a: Quantity, b: Quantity) => a.nanos > b.nanos)
    .registerFunction(`${type}.isLessThan(${type}): bool`, (a: Quantity, b: Quantity) => a.nanos < b.nanos)
    .registerFunction(`${type}.compareTo(${type}): int`, (a: Quantity, b: Quantity) => sign(a.nanos - b.nanos))
    .registerFunction(`${type}.add(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(a.nanos + b.nanos))
    .registerFunction(`${type}.add(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(a.nanos + b * scale))
    .registerFunction(`${type}.sub(${type}): ${type}`, (a: Quantity, b: Quantity) => new Quantity(a.nanos - b.nanos))
    .registerFunction(`${type}.sub(int): ${type}`, (a: Quantity, b: bigint) => new Quantity(a.nanos - b * scale))
    .registerOperator(`${type} == ${type}`, (a: Quantity, b: Quantity) => a.nanos === b.nanos);
}
