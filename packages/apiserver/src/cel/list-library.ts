import type { Environment } from '@marcbachmann/cel-js';
import { EvaluationError } from '@marcbachmann/cel-js';
import { celCompare, celEqual } from './equality.ts';

/** Kubernetes' list functions, and the sets extension. */
export function registerLists(environment: Environment): void {
  environment
    .registerFunction('list.isSorted(): bool', (list: readonly unknown[]) =>
      list.every((item, index) => index === 0 || celCompare(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: readonly unknown[]) => sum(list))
    .registerFunction('list.min(): dyn', (list: readonly unknown[]) => extreme(list, 'min', -1))
    .registerFunction('list.max(): dyn', (list: readonly unknown[]) => extreme(list, 'max', 1))
    .registerFunction('list.indexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findIndex((other) => celEqual(other, item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly unknown[], item: unknown) =>
      BigInt(list.findLastIndex((other) => celEqual(other, item))),
    )
    .registerFunction('list.slice(int, int): list<dyn>', (list: readonly unknown[], from: bigint, to: bigint) => {
      if (from < 0n || to > BigInt(list.length) || from > to) {
        throw new EvaluationError(`cannot slice(${from}, ${to}), index out of range`);
      }
      return list.slice(Number(from), Number(to));
    })
    .registerFunction('list.distinct(): list<dyn>', (list: readonly unknown[]) => distinct(list))
    .registerFunction('list.sort(): list<dyn>', (list: readonly unknown[]) => [...list].sort(celCompare))
    .registerFunction('list.reverse(): list<dyn>', (list: readonly unknown[]) => [...list].reverse())
    .registerFunction('list.flatten(): list<dyn>', (list: readonly unknown[]) => list.flat(1))
    .registerType('HardpointSets', { ctor: Sets })
    .registerConstant('sets', 'HardpointSets', new Sets())
    .registerFunction('HardpointSets.contains(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      includesAll(a, b),
    )
    .registerFunction(
      'HardpointSets.equivalent(list, list): bool',
      (_: unknown, a: unknown[], b: unknown[]) => includesAll(a, b) && includesAll(b, a),
    )
    .registerFunction('HardpointSets.intersects(list, list): bool', (_: unknown, a: unknown[], b: unknown[]) =>
      a.some((item) => b.some((other) => celEqual(item, other))),
    );
}

class Sets {}

function includesAll(a: readonly unknown[], b: readonly unknown[]): boolean {
  return b.every((item) => a.some((other) => celEqual(item, other)));
}

function distinct(list: readonly unknown[]): unknown[] {
  const out: unknown[] = [];
  for (const item of list) if (!out.some((other) => celEqual(other, item))) out.push(item);
  return out;
}

function sum(list: readonly unknown[]): unknown {
  if (list.length === 0) return 0n;
  if (list.every((item) => typeof item === 'bigint')) {
    const total = (list as bigint[]).reduce((a, b) => a + b, 0n);
    if (BigInt.asIntN(64, total) !== total) throw new EvaluationError('integer overflow');
    return total;
  }
  if (list.every((item) => typeof item === 'number')) return (list as number[]).reduce((a, b) => a + b, 0);
  throw new EvaluationError('no such overload');
}

function extreme(list: readonly unknown[], name: string, sign: 1 | -1): unknown {
  if (list.length === 0) throw new EvaluationError(`${name} called on empty list`);
  return list.reduce((best, item) => (celCompare(item, best) * sign > 0 ? item : best));
}
