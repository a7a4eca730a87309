/** How Kubernetes writes a quantity back: `500m`, `512Mi` or `5e3`. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount, `unscaled × 10^exponent` base units (cores, bytes). Never finer than a billionth. */
export interface Quantity {
  readonly unscaled: bigint;
  readonly exponent: number;
  readonly format: QuantityFormat;
  /** The text it was read from, where Kubernetes keeps that as it stands. */
  readonly text?: string;
}

/** The text is no quantity. The message is Kubernetes'. */
export class QuantityError extends Error {
  override readonly name = 'QuantityError';
}

const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMBER_WRONG = 'unable to parse numeric part of quantity';
const SUFFIX_WRONG = "unable to parse quantity's suffix";
const DECIMAL_SUFFIXES = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const BINARY_SUFFIXES = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const LARGEST = 2n ** 63n - 1n;
/** Beyond this no amount of anything is meant, and exact arithmetic would cost time and memory. */
const LARGEST_EXPONENT = 400;

/** Reads a quantity exactly, as Kubernetes does: what is finer than a billionth is rounded away from zero. Throws a QuantityError. */
export function readQuantity(input: string | number): Quantity {
  const text = String(input);
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/.exec(text);
  if (parts === null || text === '') throw new QuantityError(FORMAT_WRONG);
  const [, sign = '', whole = '', fraction = '', suffix = ''] = parts;
  const { format, factor, exponent: power, binaryPower } = readSuffix(suffix);
  const digits = `${whole}${fraction}`;
  // Kubernetes takes a suffix alone for zero, except where its quick path has no room for the suffix.
  if (digits === '' && binaryPower >= 50) throw new QuantityError(NUMBER_WRONG);
  const magnitude = digits === '' ? 0n : BigInt(digits);
  let unscaled = magnitude * factor;
  let exponent = power - fraction.length;
  if (exponent < -9) {
    unscaled = divideUp(unscaled, 10n ** BigInt(Math.min(-9 - exponent, digits.length + 32)));
    exponent = -9;
  }
  if (format === 'BinarySI' && unscaled > atExponent(LARGEST, exponent)) {
    unscaled = LARGEST;
    exponent = 0;
  }
  const belowOne = format === 'BinarySI' && unscaled !== 0n && unscaled < atExponent(1n, exponent);
  const kept = keepsText({ whole, fraction, format, power, binaryPower, magnitude });
  return {
    unscaled: sign === '-' ? -unscaled : unscaled,
    exponent,
    format: belowOne ? 'DecimalSI' : format,
    ...(kept ? { text } : {}),
  };
}

/** Base units as a number: 0.5 for `500m`, 1073741824 for `1Gi`. Exact up to 2^53 units. Throws a QuantityError. */
export function parseQuantity(input: string | number): number {
  const { unscaled, exponent } = readQuantity(input);
  if (exponent >= 0) return Number(unscaled * 10n ** BigInt(exponent));
  const unit = 10n ** BigInt(-exponent);
  return Number(unscaled / unit) + Number(unscaled % unit) / Number(unit);
}

/** A quantity as Kubernetes writes it. A number is base units, rounded to billionths. */
export function formatQuantity(value: Quantity | number, format: QuantityFormat = 'DecimalSI'): string {
  const quantity = typeof value === 'number' ? quantityOf(value, format) : value;
  return quantity.text ?? canonical(quantity);
}

/** `formatQuantity(readQuantity(text))`: the form in which an API server gives a quantity back. */
export function canonicalQuantity(input: string | number): string {
  return formatQuantity(readQuantity(input));
}

/** Negative, zero or positive. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const left = scaled(a, exponent);
  const right = scaled(b, exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, in the format of `a` (of `b` where `a` is zero). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const exponent = Math.min(a.exponent, b.exponent);
  return {
    unscaled: scaled(a, exponent) + scaled(b, exponent),
    exponent,
    format: a.unscaled === 0n ? b.format : a.format,
  };
}

function quantityOf(value: number, format: QuantityFormat): Quantity {
  if (!Number.isFinite(value)) throw new QuantityError(`${value} is no quantity`);
  if (Number.isInteger(value)) return { unscaled: BigInt(value), exponent: 0, format };
  const whole = Math.trunc(value);
  return { unscaled: BigInt(whole) * 10n ** 9n + BigInt(Math.round((value - whole) * 1e9)), exponent: -9, format };
}

function readSuffix(suffix: string): { format: QuantityFormat; factor: bigint; exponent: number; binaryPower: number } {
  const decimal = DECIMAL_SUFFIXES.indexOf(suffix as (typeof DECIMAL_SUFFIXES)[number]);
  if (decimal !== -1) return { format: 'DecimalSI', factor: 1n, exponent: (decimal - 3) * 3, binaryPower: 0 };
  const binary = BINARY_SUFFIXES.indexOf(suffix as (typeof BINARY_SUFFIXES)[number]);
  if (binary !== -1)
    return { format: 'BinarySI', factor: 1024n ** BigInt(binary), exponent: 0, binaryPower: binary * 10 };
  const exponent = /^[eE]([-+]?\d+)$/.exec(suffix)?.[1];
  if (exponent === undefined || Math.abs(Number(exponent)) > LARGEST_EXPONENT) throw new QuantityError(SUFFIX_WRONG);
  return { format: 'DecimalExponent', factor: 1n, exponent: Number(exponent), binaryPower: 0 };
}

/** Whether Kubernetes keeps the text: it does for what its quick path reads and takes for canonical already. */
function keepsText(parts: {
  readonly whole: string;
  readonly fraction: string;
  readonly format: QuantityFormat;
  readonly power: number;
  readonly binaryPower: number;
  readonly magnitude: bigint;
}): boolean {
  const { fraction, format, power, magnitude } = parts;
  const stripped = parts.whole.replace(/^0+/, '');
  const whole = stripped === '' ? '0' : stripped;
  const shifted = `${whole}${fraction}`;
  if (format === 'BinarySI') {
    const digitsLeft = 15 - whole.length - Math.trunc((parts.binaryPower * 3) / 10) - 1;
    return fraction === '' && digitsLeft >= 0 && (magnitude & 7n) !== 0n;
  }
  const scale = power - fraction.length;
  if (shifted.length > 18 || scale < -9) return false;
  return scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0');
}

function canonical(quantity: Quantity): string {
  if (quantity.unscaled === 0n) return '0';
  if (quantity.format === 'BinarySI') {
    const units = wholeUnits(quantity);
    if (units !== undefined && (units <= -1024n || units >= 1024n)) {
      let amount = units;
      let step = 0;
      while (step < BINARY_SUFFIXES.length - 1 && amount % 1024n === 0n) {
        amount /= 1024n;
        step += 1;
      }
      return `${amount}${BINARY_SUFFIXES[step]}`;
    }
  }
  let { unscaled, exponent } = quantity;
  while (unscaled % 10n === 0n) {
    unscaled /= 10n;
    exponent += 1;
  }
  const limit = quantity.format === 'DecimalExponent' ? Number.POSITIVE_INFINITY : 18;
  while (exponent % 3 !== 0 || exponent > limit) {
    unscaled *= 10n;
    exponent -= 1;
  }
  if (quantity.format === 'DecimalExponent') return exponent === 0 ? `${unscaled}` : `${unscaled}e${exponent}`;
  return `${unscaled}${DECIMAL_SUFFIXES[exponent / 3 + 3]}`;
}

function wholeUnits({ unscaled, exponent }: Quantity): bigint | undefined {
  if (exponent >= 0) return unscaled * 10n ** BigInt(exponent);
  const unit = 10n ** BigInt(-exponent);
  return unscaled % unit === 0n ? unscaled / unit : undefined;
}

function scaled(quantity: Quantity, exponent: number): bigint {
  return quantity.unscaled * 10n ** BigInt(quantity.exponent - exponent);
}

/** `units` base units as an unscaled value at `exponent`; at positive exponents rounded down. */
function atExponent(units: bigint, exponent: number): bigint {
  return exponent <= 0 ? units * 10n ** BigInt(-exponent) : units / 10n ** BigInt(exponent);
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}
