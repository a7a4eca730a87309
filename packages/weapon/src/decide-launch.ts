import type { Texts } from '@hardpoint/api';
import { type LaunchRequest, type RefusalReason, type Trust, verifyLaunchToken, WipError } from '@hardpoint/wip';
import type { LaunchAnswer, Ledger, LedgerChange } from './ledger.ts';
import { callOutcomes } from './standing.ts';

/** Against what authorisations are judged (W6). */
export interface LaunchAuthority {
  readonly trust: Trust;
  /** The Weapon's name. */
  readonly weapon: string;
  /** `namespace/name` of the task; without one every launch is refused. */
  readonly task: string | undefined;
  readonly taskUID: string | undefined;
}

/** What is to be done about a Launch. */
export type LaunchDecision =
  | { readonly kind: 'repeat'; readonly answer: LaunchAnswer }
  | { readonly kind: 'error'; readonly error: WipError }
  | {
      readonly kind: 'unauthorised';
      readonly reason: RefusalReason;
      readonly detail: string;
      readonly jti: string | undefined;
    }
  | { readonly kind: 'answer'; readonly change: Extract<LedgerChange, { kind: 'launch' }> };

/** Longest idempotency key and target id, characters: they are kept for as long as the weapon lives. */
const longestName = 512;

/**
 * Judges a Launch in W5's order: known key, arguments, authorisation, state, count. Pure.
 */
export function decideLaunch(options: {
  readonly ledger: Ledger;
  readonly request: Pick<LaunchRequest, 'targetId' | 'count' | 'idempotencyKey' | 'authorization'>;
  readonly authority: LaunchAuthority;
  /** ms since the epoch. */
  readonly nowMs: number;
  readonly texts: Texts;
}): LaunchDecision {
  const { ledger, request, authority, texts } = options;
  const { targetId, count, idempotencyKey: key } = request;

  const known = ledger.answers.get(key);
  if (known !== undefined) {
    if (known.targetId === targetId && known.count === count) return { kind: 'repeat', answer: known };
    return failed('ALREADY_EXISTS', `idempotency_key ${JSON.stringify(key)} was used for another launch`);
  }

  if (key === '') return failed('INVALID_ARGUMENT', 'idempotency_key is missing');
  if (key.length > longestName) return failed('INVALID_ARGUMENT', `idempotency_key is longer than ${longestName}`);
  if (targetId === '') return failed('INVALID_ARGUMENT', 'target_id is missing');
  if (targetId.length > longestName) return failed('INVALID_ARGUMENT', `target_id is longer than ${longestName}`);
  if (count < 1) return failed('INVALID_ARGUMENT', `count must be at least 1, not ${count}`);

  const verdict = verifyLaunchToken(request.authorization, {
    ...authority,
    nowMs: options.nowMs,
    count,
    spent: (jti) => ledger.spent.has(jti),
  });
  if (verdict.kind === 'refused')
    return { kind: 'unauthorised', reason: verdict.reason, detail: verdict.detail, jti: verdict.jti };

  const state = ledger.standing.kind;
  if (callOutcomes[state].Launch === 'refused')
    return failed('FAILED_PRECONDITION', texts.weapon.wrongState('Launch', state));

  const enough = count <= ledger.remaining;
  const remaining = enough ? ledger.remaining - count : ledger.remaining;
  const message = enough ? texts.weapon.launched(count) : texts.weapon.tooFew(count, ledger.remaining);
  const answer: LaunchAnswer = { targetId, count, success: enough, message, remaining };
  return {
    kind: 'answer',
    // Too few left: an answer as good as any, but the token stays unspent.
    change: { kind: 'launch', key, answer, ...(enough ? { jti: verdict.claims.jti } : {}) },
  };
}

function failed(code: 'ALREADY_EXISTS' | 'INVALID_ARGUMENT' | 'FAILED_PRECONDITION', message: string): LaunchDecision {
  return { kind: 'error', error: new WipError({ code, message }) };
}
