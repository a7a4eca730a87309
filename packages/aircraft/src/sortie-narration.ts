import { fuelAt, zoneAt } from './flight-model.ts';
import { orderAt, type Sortie } from './sortie.ts';

/** The lines that tell people what changed from `before` to `after`. */
export function narrate(before: Sortie, after: Sortie): readonly string[] {
  return [...narrateWeapons(before, after), ...narrateSteps(before, after), ...narrateReleases(before, after)];
}

function narrateWeapons(before: Sortie, after: Sortie): readonly string[] {
  if (before.weapons === after.weapons) return [];
  const { texts } = after;
  return [...after.weapons].flatMap(([weapon, view]) => {
    const lines: string[] = [];
    const previous = before.weapons.get(weapon);
    if (previous === undefined || previous === view) return lines;
    if (view.unreachableSince !== undefined && previous.unreachableSince === undefined) {
      // Before it was ever reached it is merely not up yet.
      if (view.everInitialized) lines.push(texts.unreachable(weapon, view.lastError));
    }
    if (view.faults > previous.faults) lines.push(texts.weaponLost(weapon, view.lastError));
    const from = previous.status?.state;
    const to = view.status?.state;
    if (to !== undefined && from !== to) {
      const remaining = view.status?.remaining ?? 0;
      lines.push(texts.weaponState({ weapon, from: from ?? '-', to, remaining }));
    }
    if (view.aborted && !previous.aborted) lines.push(texts.aborted(weapon));
    return lines;
  });
}

function narrateSteps(before: Sortie, after: Sortie): readonly string[] {
  if (before.progress === after.progress) return [];
  const { texts, mission } = after;
  const lines: string[] = [];
  if (after.progress.steps.WeaponsReady?.end !== undefined && before.progress.steps.WeaponsReady?.end === undefined) {
    lines.push(texts.allReady);
  }
  const index = after.progress.phases.length - 1;
  const start = after.progress.phases[index];
  if (start !== undefined && before.progress.phases.length <= index) {
    const phase = mission.phases[index];
    if (phase === undefined) lines.push(texts.landed);
    else {
      lines.push(
        texts.phase({
          number: index + 1,
          of: mission.phases.length,
          name: phase.name,
          zone: zoneAt(mission, index),
          fuel: fuelAt(mission, after.progress.phases, start),
        }),
      );
    }
  }
  const { returning, ended } = after.progress;
  if (returning !== undefined && before.progress.returning === undefined && returning.outcome !== 'Succeeded') {
    lines.push(texts.returning(returning.reason, returning.message));
  }
  if (ended !== undefined && before.progress.ended === undefined) lines.push(texts.ended(ended));
  return lines;
}

function narrateReleases(before: Sortie, after: Sortie): readonly string[] {
  const lines: string[] = [];
  const { texts, mission } = after;
  for (const [place, state] of after.progress.releases) {
    const previous = before.progress.releases.get(place);
    const order = orderAt(mission, place);
    if (previous === state || order === undefined) continue;
    const { weapon, count, targetId } = order;
    if (state.kind === 'waiting') {
      if (previous === undefined) {
        lines.push(texts.waiting({ weapon, count, target: targetId, seconds: mission.authorization.waitSeconds }));
      }
    } else if (state.kind === 'intended')
      lines.push(texts.intended({ weapon, count, authorization: state.authorization }));
    else if (state.kind === 'made')
      lines.push(texts.made({ weapon, message: state.message, remaining: state.remaining }));
    else lines.push(texts[state.kind](place, state.message));
  }
  const fresh = after.refusals.total - before.refusals.total;
  for (const { weapon, message, authorization, key } of fresh > 0 ? after.refusals.last.slice(-fresh) : []) {
    const isOwn = key.startsWith(`${after.identity.taskUID}/`);
    lines.push(isOwn ? texts.refused({ weapon, message, authorization }) : texts.foreignRefusal(weapon, message));
  }
  return lines;
}
