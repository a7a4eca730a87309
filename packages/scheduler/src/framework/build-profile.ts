import type { ProfileConfig } from '../config/scheduler-config.ts';
import { EXTENSION_POINTS, type Handle, type Plugin } from './plugin.ts';
import { type PluginPoints, Profile } from './profile.ts';

/** A profile's plugins, made. */
export function buildProfile(config: ProfileConfig, handle: Omit<Handle, 'enables' | 'schedulerName'>): Profile {
  const whole: Handle = {
    ...handle,
    schedulerName: config.schedulerName,
    enables: (plugin) => config.plugins.has(plugin),
  };
  const made = new Map<string, Plugin>();
  for (const [name, { factory, args }] of config.plugins) made.set(name, factory.create(args, whole));
  const points = Object.fromEntries(
    EXTENSION_POINTS.map((point) => [point, config.points[point].flatMap((name) => made.get(name) ?? [])]),
  ) as unknown as PluginPoints;
  return new Profile({ schedulerName: config.schedulerName, points, weights: config.weights });
}
