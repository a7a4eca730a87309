import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type FlightTask, texts } from '@hardpoint/api';
import { type Command, Command as NewCommand, Option } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { findInstallation } from '../installation.ts';
import { documentLocale, speechLocale } from '../locale.ts';
import { palette } from '../output/terminal.ts';
import { speech } from '../speech.ts';
import { wholeNumber } from './options.ts';

/** `hardpoint start` (`npm start`): the maritime strike from nothing to landing, in a throw-away cluster. */
export function startCommand(context: CommandContext): Command {
  return new NewCommand('start')
    .description(
      'fly the maritime strike from nothing to landing in a throw-away cluster; exit code 0 when all went as expected',
    )
    .option('--data <dir>', 'data folder, emptied first', join('.hardpoint', 'start'))
    .option('--timeout <seconds>', 'give up after', wholeNumber('--timeout', 5, 3600), 90)
    .addOption(new Option('--locale <locale>', 'language').choices(['zh-CN', 'en']))
    .action((flags: { data: string; timeout: number; locale?: string }) => fly(context, flags));
}

async function fly(context: CommandContext, flags: { data: string; timeout: number; locale?: string }): Promise<void> {
  const [
    { emptyDataFolder, holdDataFolder, openDataFolder },
    { startEmbeddedCluster },
    { readAircraft },
    { readManifests },
    { applyObjects },
    flight,
    { createTeller, timedLine },
    { summarise },
    { flightWords },
  ] = await Promise.all([
    import('../cluster/data-folder.ts'),
    import('../cluster/embedded-cluster.ts'),
    import('../cluster/aircraft-source.ts'),
    import('../flight/manifests.ts'),
    import('../flight/apply-objects.ts'),
    import('../flight/flight.ts'),
    import('../flight/teller.ts'),
    import('../flight/summary.ts'),
    import('../flight/words.ts'),
  ]);
  const { clock, signal, stdout } = context;
  const begun = clock.monotonic();
  const begunAtMs = clock.now();
  const locale = speechLocale(flags.locale, context.env);
  const words = flightWords(locale);
  const say = speech(locale);
  const paint = palette(stdout, context.env);
  const installation = findInstallation();
  const example = installation.example('maritime-strike');
  const objects = readManifests(example).filter(
    (object) => object.kind !== 'Node' && object.kind !== 'KubeSchedulerConfiguration',
  );
  const tasks = objects.filter((object) => object.kind === 'FlightTask') as unknown as FlightTask[];
  const namespace = tasks[0]?.metadata?.namespace ?? 'default';
  const names = tasks.map((task) => task.metadata?.name ?? '');
  const taskWidth = Math.max(...names.map((name) => name.length));
  const person = userInfo().username;

  using teller = createTeller(stdout);
  teller.line(`${paint.bold(words.title('maritime-strike'))}  ${paint.dim(words.scope)}`);
  const aircraft = installation.example('maritime-strike/aircraft.yaml');
  const nodes = await readAircraft(aircraft, context.cwd);

  emptyDataFolder(flags.data, context.cwd);
  const data = openDataFolder(flags.data, context.cwd);
  using _held = holdDataFolder(data);
  teller.status([paint.dim(words.starting)]);
  const cluster = await startEmbeddedCluster({
    data,
    port: 0,
    installation,
    env: { ...context.env, ...(flags.locale === undefined ? {} : { HARDPOINT_LOCALE: flags.locale }) },
    clock,
    signal,
    nodeArguments: ['--aircraft', aircraft],
    schedulerArguments: [],
    onRestart: (event) => {
      if (!signal.aborted) teller.line(say.partRestarts(event));
    },
  });
  try {
    teller.status([]);
    teller.line(say.clusterReady({ ...cluster, aircraft: nodes.length }));
    const releases = tasks.flatMap((task) =>
      task.spec.phases.flatMap((phase) =>
        (phase.releases ?? []).map((release) => ({ task: task.metadata?.name ?? '', phase: phase.name, ...release })),
      ),
    );
    teller.line(releases.length === 0 ? words.nothingToRelease : words.willRelease(person));
    for (const one of releases) teller.line(words.release({ ...one, target: one.targetId }));
    await applyObjects({ client: cluster.client, objects, signal });
    teller.line(words.applied(objects.length, 'examples/maritime-strike'));

    const result = await flight.follow({
      client: cluster.client,
      clock,
      random: context.random,
      log: context.logger('start'),
      signal,
      namespace,
      names,
      words,
      texts: texts(documentLocale(flags.locale, context.env)),
      authorise: true,
      timeoutMs: flags.timeout * 1000,
      tell: (line) => teller.line(timedLine({ ...line, atMs: line.atMs - begunAtMs, taskWidth }, paint)),
      tellDecision: (task, decision) => {
        const at = decision.time === undefined ? clock.now() : Date.parse(decision.time);
        const [first = '', ...rest] = (decision.message ?? '').split('\n');
        teller.line(
          timedLine(
            { atMs: at - begunAtMs, task, taskWidth, mark: decision.selected === null ? 'bad' : 'step', text: first },
            paint,
          ),
        );
        const indent = ' '.repeat(16 + taskWidth);
        for (const line of rest) teller.line(`${indent}${line}`);
        for (const node of decision.nodes.filter((one) => one.verdict === 'refused')) {
          teller.line(`${indent}  ${paint.red('✗')} ${node.name} ${words.refusedAircraft}: ${node.reason ?? ''}`);
        }
      },
      showing: (now) =>
        teller.status(
          now
            .filter((task) => !['Succeeded', 'Failed', 'Refused', 'Lost'].includes(task.status?.phase ?? ''))
            .map((task) =>
              paint.dim(
                `  ${task.metadata.name}  ${task.status?.phase ?? 'Pending'}  ${task.status?.aircraft ?? ''}  ${task.status?.missionPhase ?? ''}`,
              ),
            ),
        ),
    });
    teller.status([]);
    const { late } = result;
    if (late !== undefined) {
      teller.line(
        paint.red(
          words.timedOut({
            task: late.metadata.name,
            phase: late.status?.phase ?? 'Pending',
            seconds: flags.timeout,
            message: late.status?.message ?? '',
          }),
        ),
      );
    }
    const summary = summarise(result, { words, paint, tookMs: clock.monotonic() - begun });
    stdout.write(summary.text);
    if (!summary.asExpected) context.setExitCode(EXIT.failed);
  } finally {
    teller.status([]);
    await cluster.stop();
  }
  stdout.write(`${paint.dim(words.seeAlso(join(flags.data, 'logs')))}\n`);
}
