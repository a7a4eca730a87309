import type { Taint, Toleration } from '@hardpoint/kubernetes';

/** Whether a toleration covers a taint: effect and key (empty: any), then by operator Equal (default), Exists, Lt, Gt. */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
  if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
  switch (toleration.operator) {
    case undefined:
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    case 'Lt':
    case 'Gt': {
      const [limit, value] = [integer(toleration.value), integer(taint.value)];
      if (limit === undefined || value === undefined) return false;
      return toleration.operator === 'Lt' ? value < limit : value > limit;
    }
    default:
      return false;
  }
}

/** Whole numbers as the API takes them in these operators: no sign but minus, no leading zeros. */
function integer(text: string | undefined): bigint | undefined {
  return text !== undefined && /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}

/** The first taint of these effects that nothing tolerates. */
export function untolerated(
  taints: readonly Taint[] | undefined,
  tolerations: readonly Toleration[] | undefined,
  effects: readonly string[],
): Taint | undefined {
  return (taints ?? []).find(
    (taint) =>
      effects.includes(taint.effect) && !(tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
  );
}
