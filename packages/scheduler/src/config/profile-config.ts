import { EXTENSION_POINTS, type ExtensionPoint } from '../framework/plugin.ts';
import type { PluginFactory } from '../plugins/factory.ts';
import { AIRCRAFT_GUARD, ALWAYS_ON, DEFAULT_BIND, PLUGINS, STOCK } from '../plugins/registry.ts';
import type { ArgsReader } from './args-reader.ts';
import type { ConfiguredPlugin, ProfileConfig } from './scheduler-config.ts';

/** A weight times 100 stays far from 2^53 however many plugins there are. */
const MOST_WEIGHT = 1_000_000;

/** What listing a plugin at one point also runs (S3). */
const IMPLIES: Partial<Record<ExtensionPoint, readonly ExtensionPoint[]>> = {
  preFilter: ['filter'],
  score: ['preScore'],
};

interface Listed {
  readonly name: string;
  readonly factory: PluginFactory;
  readonly weight: number;
}

interface PluginSet {
  readonly enabled: readonly Listed[];
  readonly disabled: ReadonlySet<string>;
}

const EMPTY: PluginSet = { enabled: [], disabled: new Set() };

function namesAt(point: ExtensionPoint | undefined): string {
  return [...PLUGINS.values()]
    .filter((factory) => point === undefined || factory.points.includes(point))
    .map(({ name }) => name)
    .sort()
    .join(', ');
}

function readPluginSet(reader: ArgsReader, point: ExtensionPoint | undefined): PluginSet {
  const enabled: Listed[] = [];
  const disabled = new Set<string>();
  reader.keys({
    enabled: (list) => {
      for (const item of list.list()) {
        let name: string | undefined;
        let weight = 1;
        item.keys({
          name: (key) => {
            name = key.string(namesAt(point));
            if (name === undefined) return;
            const factory = PLUGINS.get(name);
            if (factory === undefined || (point !== undefined && !factory.points.includes(point))) {
              key.problem(
                factory === undefined ? `unknown plugin ${JSON.stringify(name)}` : `plugin ${name} has no ${point}`,
                namesAt(point),
              );
            } else if (enabled.some((other) => other.name === name)) {
              key.problem(`plugin ${name} is listed twice`, 'each plugin once');
            } else enabled.push({ name, factory, weight });
          },
          weight: (key) => {
            if (point !== undefined && point !== 'score')
              return void key.problem(`a weight has no meaning at ${point}`, 'name');
            weight = key.integer({ min: 0, max: MOST_WEIGHT }) ?? 1;
          },
        });
        if (item.empty || !item.entries().some(([key]) => key === 'name'))
          item.problem('name is missing', namesAt(point));
        const last = enabled.at(-1);
        if (last !== undefined && last.name === name) enabled[enabled.length - 1] = { ...last, weight: weight || 1 };
      }
    },
    disabled: (list) => {
      for (const item of list.list())
        item.keys({
          name: (key) => {
            const name = key.string(`*, ${namesAt(point)}`);
            if (name === undefined) return;
            if (name !== '*' && !PLUGINS.has(name))
              key.problem(`unknown plugin ${JSON.stringify(name)}`, `*, ${namesAt(point)}`);
            else if (ALWAYS_ON.some((factory) => factory.name === name) || name === AIRCRAFT_GUARD.name)
              key.problem(`plugin ${name} is always on`, `*, ${namesAt(point)}`);
            else disabled.add(name);
          },
          weight: (key) => void key.integer({ min: 0, max: MOST_WEIGHT }),
        });
    },
  });
  return { enabled, disabled };
}

/** What runs at a point: what is listed there, then what multiPoint and other points bring along, then the rest. */
function assemble(
  sets: ReadonlyMap<ExtensionPoint, PluginSet>,
  multi: PluginSet,
): { points: Record<ExtensionPoint, string[]>; weights: Map<string, number> } {
  const points = Object.fromEntries(EXTENSION_POINTS.map((point) => [point, [] as string[]])) as Record<
    ExtensionPoint,
    string[]
  >;
  const weights = new Map<string, number>();
  const add = (point: ExtensionPoint, factory: PluginFactory): void => {
    if (factory.points.includes(point) && !points[point].includes(factory.name)) points[point].push(factory.name);
  };
  const isDisabled = (point: ExtensionPoint, name: string): boolean => {
    const disabled = sets.get(point)?.disabled;
    return disabled !== undefined && (disabled.has(name) || disabled.has('*'));
  };
  for (const point of EXTENSION_POINTS)
    for (const { factory, weight } of sets.get(point)?.enabled ?? []) {
      add(point, factory);
      if (point === 'score') weights.set(factory.name, weight);
      for (const implied of IMPLIES[point] ?? []) if (!isDisabled(implied, factory.name)) add(implied, factory);
    }
  // A plugin that stands at preFilter filters before those that stand at filter only: the file's order.
  const early = (sets.get('preFilter')?.enabled ?? []).map(({ name }) => name);
  points.filter.sort((a, b) => rank(early, a) - rank(early, b));
  for (const { factory, weight } of multi.enabled)
    for (const point of factory.points)
      if (!isDisabled(point, factory.name)) {
        add(point, factory);
        if (point === 'score' && !weights.has(factory.name)) weights.set(factory.name, weight);
      }
  return { points, weights };
}

function rank(order: readonly string[], name: string): number {
  const index = order.indexOf(name);
  return index < 0 ? order.length : index;
}

function complete(
  points: Record<ExtensionPoint, string[]>,
  factories: readonly PluginFactory[],
): Record<ExtensionPoint, string[]> {
  for (const factory of factories)
    for (const point of factory.points) if (!points[point].includes(factory.name)) points[point].push(factory.name);
  if (points.bind.length === 0) points.bind.push(DEFAULT_BIND.name);
  return points;
}

/** One entry of `profiles`. */
export function readProfile(reader: ArgsReader): ProfileConfig {
  let schedulerName = 'default-scheduler';
  const sets = new Map<ExtensionPoint, PluginSet>();
  let multi = EMPTY;
  const args = new Map<string, unknown>();
  reader.keys({
    schedulerName: (key) => {
      schedulerName = key.string('the name that Pods ask for in spec.schedulerName') ?? schedulerName;
    },
    percentageOfNodesToScore: (key) => everyNode(key),
    plugins: (plugins) =>
      plugins.keys({
        ...Object.fromEntries(
          EXTENSION_POINTS.map((point) => [
            point,
            (key: ArgsReader) => void sets.set(point, readPluginSet(key, point)),
          ]),
        ),
        multiPoint: (key) => {
          multi = readPluginSet(key, undefined);
        },
      }),
    pluginConfig: (list) => {
      for (const item of list.list()) {
        const entries = new Map(item.entries());
        const name = entries.get('name')?.string(namesAt(undefined));
        const factory = name === undefined ? undefined : PLUGINS.get(name);
        item.keys({
          name: (key) => {
            if (name !== undefined && factory === undefined)
              key.problem(`unknown plugin ${JSON.stringify(name)}`, namesAt(undefined));
            else if (name !== undefined && args.has(name))
              key.problem(`plugin ${name} is configured twice`, 'each plugin once');
          },
          args: (key) => {
            if (factory !== undefined) args.set(factory.name, factory.args(key));
          },
        });
        if (!entries.has('name')) item.problem('name is missing', namesAt(undefined));
      }
    },
  });
  const { points, weights } = assemble(sets, multi);
  return profileOf({
    schedulerName,
    kind: 'aircraft',
    points: complete(points, [...ALWAYS_ON, AIRCRAFT_GUARD]),
    weights,
    args,
  });
}

/** Every Node is judged, so that a decision can say something of each. */
export function everyNode(reader: ArgsReader): void {
  const value = reader.integer({ min: 0, max: 100 });
  if (value !== undefined && value !== 0 && value !== 100)
    reader.problem(`${value} is not allowed: every node is judged`, '0, 100');
}

function profileOf(options: {
  readonly schedulerName: string;
  readonly kind: ProfileConfig['kind'];
  readonly points: ProfileConfig['points'];
  readonly weights: ReadonlyMap<string, number>;
  readonly args: ReadonlyMap<string, unknown>;
}): ProfileConfig {
  const plugins = new Map<string, ConfiguredPlugin>();
  for (const name of new Set(Object.values(options.points).flat())) {
    const factory = PLUGINS.get(name);
    if (factory === undefined) continue;
    plugins.set(name, { factory, args: options.args.has(name) ? options.args.get(name) : factory.args(undefined) });
  }
  const { schedulerName, kind, points, weights } = options;
  return { schedulerName, kind, points, plugins, weights };
}

/** kube-scheduler's plugins for the Pods that ask for no scheduler of their own. */
export function stockProfile(schedulerName = 'default-scheduler'): ProfileConfig {
  const sets = new Map<ExtensionPoint, PluginSet>();
  const multi: PluginSet = {
    enabled: STOCK.map(({ factory, weight }) => ({ name: factory.name, factory, weight })),
    disabled: new Set(),
  };
  const { points, weights } = assemble(sets, multi);
  return profileOf({ schedulerName, kind: 'stock', points: complete(points, ALWAYS_ON), weights, args: new Map() });
}
