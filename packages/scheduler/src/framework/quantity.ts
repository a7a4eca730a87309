import { readQuantity } from '@hardpoint/machinery';

const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * A quantity in whole units of 10^-`scale`, rounded up as the API's Value() and MilliValue() do: scale 0 for bytes and
 * counts, 3 for thousandths of a CPU. What is beyond 2^53-1 is held at that. Throws machinery's QuantityError.
 */
export function quantityIn(value: string | number, scale: 0 | 3): number {
  const { unscaled, exponent } = readQuantity(value);
  const power = exponent + scale;
  const size = unscaled < 0n ? -unscaled : unscaled;
  const divisor = power < 0 ? 10n ** BigInt(-power) : 1n;
  const whole = power < 0 ? (size + divisor - 1n) / divisor : size * 10n ** BigInt(power);
  const bounded = Number(whole > MOST ? MOST : whole);
  return unscaled < 0n ? -bounded : bounded;
}
