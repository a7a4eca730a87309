const suffixes: Readonly<Record<string, readonly [base: 2 | 10, power: number]>> = {
  n: [10, -9],
  u: [10, -6],
  m: [10, -3],
  '': [10, 0],
  k: [10, 3],
  M: [10, 6],
  G: [10, 9],
  T: [10, 12],
  P: [10, 15],
  E: [10, 18],
  Ki: [2, 10],
  Mi: [2, 20],
  Gi: [2, 30],
  Ti: [2, 40],
  Pi: [2, 50],
  Ei: [2, 60],
};

const decimalSuffix = new Map(
  Object.entries(suffixes).flatMap(([suffix, [base, power]]) => (base === 10 ? [[power, suffix] as const] : [])),
);
const binarySuffix = new Map(
  Object.entries(suffixes).flatMap(([suffix, [base, power]]) => (base === 2 ? [[power, suffix] as const] : [])),
);

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)|[eE]([+-]?\d{1,3}))?$/;
const nano = 10n ** 9n;

/**
 * A quantity in the form the server gives it back (`1000m` is `1`, `0.5` is `500m`, `2048Ki` is `2Mi`), or undefined where
 * the text is none. Rounded up to billionths.
 */
export function canonicalQuantity(text: string): string | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const [base, power] = exponent === undefined ? (suffixes[suffix] ?? [10, 0]) : ([10, Number(exponent)] as const);
  const scaled = BigInt(whole + fraction) * nano * (power >= 0 ? BigInt(base) ** BigInt(power) : 1n);
  const divisor = 10n ** BigInt(fraction.length) * (power < 0 ? BigInt(base) ** BigInt(-power) : 1n);
  const nanos = (scaled + divisor - 1n) / divisor;
  if (nanos === 0n) return '0';
  const minus = sign === '-' ? '-' : '';
  if (base === 2 && nanos >= 1024n * nano) return minus + binaryText(nanos);
  return (
    minus +
    (exponent === undefined
      ? decimalText(nanos, (step) => decimalSuffix.get(step) ?? '')
      : decimalText(nanos, exponentText))
  );
}

function exponentText(step: number): string {
  return step === 0 ? '' : `e${step}`;
}

function decimalText(nanos: bigint, suffixOf: (power: number) => string): string {
  let mantissa = nanos;
  let power = -9;
  while (mantissa % 1000n === 0n && power < 18) {
    mantissa /= 1000n;
    power += 3;
  }
  return `${mantissa}${suffixOf(power)}`;
}

function binaryText(nanos: bigint): string {
  if (nanos % nano !== 0n) return decimalText(nanos, (step) => decimalSuffix.get(step) ?? '');
  let mantissa = nanos / nano;
  let power = 0;
  while (mantissa % 1024n === 0n && power < 60) {
    mantissa /= 1024n;
    power += 10;
  }
  return `${mantissa}${binarySuffix.get(power) ?? ''}`;
}
