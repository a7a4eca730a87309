import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@hardpoint/machinery';
import { AircraftError } from './aircraft-error.ts';
import { readAuthorizations } from './authorizations.ts';
import { type AircraftEnvironment, type Environment, readEnvironment, readLocale } from './environment.ts';
import { type FinalReport, formatFinalReport } from './final-report.ts';
import { createGrpcWeaponLink } from './grpc-weapon-link.ts';
import { type Journal, openJournal } from './journal.ts';
import { type Mission, parseMission } from './mission.ts';
import type { SortieRecord } from './sortie-record.ts';
import { createSortieRunner, type SortieRunner } from './sortie-runner.ts';
import { startSortieServer } from './sortie-server.ts';
import { sortieTexts } from './sortie-texts.ts';
import type { WeaponLink } from './weapon-link.ts';
import type { Patience } from './weapon-view.ts';

export interface AircraftControlOptions {
  /** TASK, TASK_UID, NODE_NAME, POD_IP, POD_UID, MISSION, SORTIE_TRUST, HARDPOINT_LOCALE, HARDPOINT_MOUNTS, HARDPOINT_PORTS. */
  readonly env: Environment;
  readonly clock: Clock;
  /** Aborting it is SIGTERM: locked weapons are aborted, the report is written. */
  readonly signal: AbortSignal;
  /** One line for people. */
  readonly say: (line: string) => void;
  /** Told once the server listens. */
  readonly onServing?: (server: { readonly port: number; readonly runner: SortieRunner }) => void;
  readonly patience?: Partial<Patience>;
}

/** How long watchers may take to read the last report, ms. */
const lastWordMs = 500;

/**
 * Flies one sortie (W1): from its environment and its journal to its report, which is left as the container's
 * termination message and returned. Every end that is decided returns; what throws is a crash, after which a new process
 * goes on from the journal.
 */
export async function runAircraftControl(options: AircraftControlOptions): Promise<FinalReport> {
  const { env, clock, say } = options;
  let read: { readonly environment: AircraftEnvironment; readonly mission: Mission };
  try {
    const environment = readEnvironment(env);
    read = { environment, mission: parseMission(environment.mission) };
  } catch (error) {
    if (!(error instanceof AircraftError)) throw error;
    return refuseMission(options, error);
  }
  const { environment, mission } = read;
  await using journal = await openOrReplaceJournal(environment, mission, options);
  const links = linksOf(environment, mission);
  try {
    return await fly({ options, environment, mission, journal, links });
  } finally {
    await Promise.all([...links.values()].map((link) => link[Symbol.asyncDispose]()));
  }

  async function fly(parts: {
    readonly options: AircraftControlOptions;
    readonly environment: AircraftEnvironment;
    readonly mission: Mission;
    readonly journal: Journal;
    readonly links: ReadonlyMap<string, WeaponLink>;
  }): Promise<FinalReport> {
    const { task, taskUID, aircraft, host, port, trust, podUID, locale, authorizationsFile, terminationLog } =
      environment;
    const texts = sortieTexts(locale);
    const runner = createSortieRunner({
      identity: { task, taskUID, aircraft },
      mission,
      journal,
      links: parts.links,
      readAuthorizations: () => readAuthorizations(authorizationsFile),
      clock,
      texts,
      say,
      ...(options.patience === undefined ? {} : { patience: options.patience }),
    });
    say(texts.begin({ task, aircraft, weapons: mission.loadout.length, phases: mission.phases.length }));
    if (journal.records.length > 0) say(texts.resumed(runner.sortie.progress.releases.size));
    const server = await startSortieServer({ runner, host, port, trust, podUID, clock });
    say(texts.serving(`${host}:${server.port}`));
    options.onServing?.({ port: server.port, runner });
    try {
      const report = await runner.run(options.signal);
      await writeFile(terminationLog, formatFinalReport(report));
      return report;
    } finally {
      await server.close({ graceMs: lastWordMs });
    }
  }
}

function linksOf({ weaponsFolder }: AircraftEnvironment, mission: Mission): ReadonlyMap<string, WeaponLink> {
  return new Map(
    mission.loadout.map(({ weapon, container }) => [
      weapon,
      createGrpcWeaponLink({ folder: join(weaponsFolder, container) }),
    ]),
  );
}

/**
 * The journal; or, where it cannot be read, a new one that knows only that nothing is known: the sortie returns, and
 * every release of it is for a person to account for.
 */
async function openOrReplaceJournal(
  environment: AircraftEnvironment,
  mission: Mission,
  { clock, say }: AircraftControlOptions,
): Promise<Journal> {
  const file = join(environment.stateFolder, 'sortie.journal');
  try {
    const journal = await openJournal(file);
    const foreign = journal.records.find(
      (record) => record.type === 'Started' && record.taskUID !== environment.taskUID,
    );
    if (foreign === undefined) return journal;
    await journal[Symbol.asyncDispose]();
    throw new AircraftError({ code: 'JournalForeign', message: `${file} belongs to another task` });
  } catch (error) {
    if (!(error instanceof AircraftError) || error.code !== 'JournalCorrupt') throw error;
    say(error.message);
    const journal = await openJournal(file);
    const at = clock.now();
    const { message } = error;
    const places = mission.phases.flatMap(({ releases }) => releases.map(({ place }) => place));
    const records: readonly SortieRecord[] = [
      { type: 'Started', at, taskUID: environment.taskUID },
      ...places.map((place): SortieRecord => ({ type: 'Unknown', at, place, message })),
      { type: 'Returning', at, outcome: 'Failed', reason: error.code, message },
    ];
    for (const record of records) await journal.append(record);
    await journal[Symbol.asyncDispose]();
    return openJournal(file);
  }
}

/** A mission that cannot be read is a decided end: starting again would read the same. */
async function refuseMission({ env, clock, say }: AircraftControlOptions, error: AircraftError): Promise<FinalReport> {
  const { terminationLog } = readEnvironment({
    ...env,
    TASK: '-',
    TASK_UID: '-',
    MISSION: '-',
    SORTIE_TRUST: '',
    HARDPOINT_PORTS: '',
  });
  const at = new Date(clock.now()).toISOString();
  const report: FinalReport = {
    version: 1,
    task: env.TASK ?? '',
    taskUID: env.TASK_UID ?? '',
    aircraft: env.NODE_NAME ?? '',
    outcome: 'Failed',
    reason: `${error.code}Invalid`,
    message: error.message,
    startedAt: at,
    endedAt: at,
    outcomes: [],
    stores: [],
    refusals: { total: 0, byReason: {} },
    fuel: 0,
    zone: '',
    releases: [],
  };
  say(sortieTexts(readLocale(env)).ended(report));
  await writeFile(terminationLog, formatFinalReport(report));
  return report;
}
