import { ANNOTATIONS, LABELS, NAMES, TAINTS } from '@hardpoint/api';
import { NODES, type Node, PODS, type Pod, type Stored } from '@hardpoint/kubernetes';
import { type Command, Command as NewCommand } from 'commander';
import { CliError } from '../cli-error.ts';
import { connect } from '../connection.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { machineReadable } from '../output/machine-readable.ts';
import { table } from '../output/table.ts';
import { palette, printable } from '../output/terminal.ts';
import { type ReadFlags, withConnection, withOutput } from './options.ts';

/** One aircraft as `-o json` prints it. */
interface Aircraft {
  readonly name: string;
  readonly type: string;
  readonly status: string;
  readonly fuel: string;
  readonly hardpoints: string;
  readonly zone: string;
  readonly maintenance: string;
  readonly ready: boolean;
  readonly task: string;
}

/** `hardpoint fleet`: the aircraft; `fleet service NODE` turns one round at once. */
export function fleetCommand(context: CommandContext): Command {
  const fleet = withOutput(withConnection(new NewCommand('fleet')))
    .description('the aircraft: type, status, fuel, free hardpoints, zone, maintenance, sortie')
    .action(async (flags: ReadFlags) => {
      await using connection = await connect(flags, context);
      const [nodes, pods] = await Promise.all([
        connection.client.list(NODES, { labelSelector: LABELS.aircraftType, signal: context.signal }),
        connection.client.list(PODS, { signal: context.signal }),
      ]);
      const aircraft = nodes.items.map((node) => describe(node, pods.items));
      if (flags.output !== undefined) {
        context.stdout.write(machineReadable(aircraft, flags.output));
        return;
      }
      if (aircraft.length === 0) {
        context.stderr.write(`No aircraft: no Node carries the label ${LABELS.aircraftType}.\n`);
        return;
      }
      const paint = palette(context.stdout, context.env);
      const status = (one: Aircraft): string => {
        const word = one.ready ? one.status : `${one.status},NotReady`;
        if (!one.ready) return paint.red(word);
        return one.status === 'ready' ? paint.green(word) : paint.yellow(word);
      };
      context.stdout.write(
        table(
          ['AIRCRAFT', 'TYPE', 'STATUS', 'FUEL', 'FREE', 'ZONE', 'MAINTENANCE', 'SORTIE'],
          aircraft.map((one) => [
            one.name,
            one.type,
            status(one),
            one.fuel === '-' ? '-' : `${one.fuel}%`,
            one.hardpoints,
            one.zone,
            one.maintenance,
            one.task,
          ]),
        ),
      );
    });
  const service = withConnection(new NewCommand('service'))
    .description('end the turn-around of an aircraft at once: fuel and hardpoints return, status ready')
    .argument('<node>', 'the aircraft')
    .action(async (name: string, flags: ReadFlags) => {
      await using connection = await connect(flags, context);
      const node = await connection.client.get(NODES, { name }, { signal: context.signal });
      if (node.metadata.labels?.[LABELS.aircraftType] === undefined) {
        throw new CliError({
          message: `${name} is no aircraft: it has no label ${LABELS.aircraftType}`,
          exitCode: EXIT.refused,
        });
      }
      const pods = await connection.client.list(PODS, {
        fieldSelector: `spec.nodeName=${name}`,
        signal: context.signal,
      });
      const flying = pods.items.find((pod) => isLivingSortie(pod));
      if (flying !== undefined) {
        throw new CliError({
          message: `${name} flies ${flying.metadata.namespace}/${flying.metadata.name}; an aircraft is serviced on the ground`,
          exitCode: EXIT.refused,
        });
      }
      const { serviceAircraft } = await import('@hardpoint/node/aircraft-keeper');
      await serviceAircraft({ client: connection.client, name, signal: context.signal });
      context.stdout.write(`${name} ready\n`);
    });
  return fleet.addCommand(service);
}

function isLivingSortie(pod: Pod): boolean {
  return (
    pod.spec?.schedulerName === NAMES.scheduler && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  );
}

function describe(node: Stored<Node>, pods: readonly Stored<Pod>[]): Aircraft {
  const labels = node.metadata.labels ?? {};
  const sortie = pods.find((pod) => pod.spec?.nodeName === node.metadata.name && isLivingSortie(pod));
  const shown = (value: string | undefined): string => (value === undefined || value === '' ? '-' : printable(value));
  return {
    name: node.metadata.name,
    type: shown(labels[LABELS.aircraftType]),
    status: shown(labels[LABELS.aircraftStatus]),
    fuel: shown(labels[LABELS.fuelLevel]),
    hardpoints: shown(labels[LABELS.hardpointAvailable]),
    zone: shown(labels[LABELS.locationZone]),
    maintenance: shown(node.metadata.annotations?.[ANNOTATIONS.maintenance]),
    ready:
      node.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true &&
      node.spec?.taints?.some((taint) => taint.key === TAINTS.notReady || taint.key === TAINTS.unreachable) !== true,
    task:
      sortie === undefined
        ? '-'
        : `${sortie.metadata.namespace}/${sortie.metadata.labels?.[LABELS.task] ?? sortie.metadata.name}`,
  };
}
