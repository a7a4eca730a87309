import type { ArgsReader } from '../config/args-reader.ts';
import type { ExtensionPoint, Handle, Plugin } from '../framework/plugin.ts';

/** How a plugin is made: what a configuration may say of it, and its constructor. */
export interface PluginFactory<Args = unknown> {
  readonly name: string;
  /** The extension points at which a configuration may list it. */
  readonly points: readonly ExtensionPoint[];
  /** The `args` of its pluginConfig, checked; called with nothing where there is none. */
  args(reader: ArgsReader | undefined): Args;
  create(args: Args, handle: Handle): Plugin;
}

/** Keeps a factory's own argument type while it is written, and hides it afterwards. */
export function pluginFactory<Args>(factory: PluginFactory<Args>): PluginFactory {
  return {
    name: factory.name,
    points: factory.points,
    args: (reader) => factory.args(reader),
    create: (args, handle) => factory.create(args as Args, handle),
  };
}

/** For a plugin that has no arguments. */
export function noArgs(reader: ArgsReader | undefined): undefined {
  reader?.keys({});
  return undefined;
}
