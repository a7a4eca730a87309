import { type Command, InvalidArgumentError, Option } from 'commander';

export function withConnection(command: Command): Command {
  return command
    .option(
      '--kubeconfig <file>',
      'the cluster to talk to (default: KUBECONFIG, in-cluster, ./.hardpoint/kubeconfig, ~/.kube/config)',
    )
    .option('--context <name>', 'the context in that file');
}

export function withNamespace(command: Command): Command {
  return command
    .option('-n, --namespace <namespace>', 'the namespace (default: "default")')
    .option('-A, --all-namespaces', 'every namespace');
}

export function withOutput(command: Command): Command {
  return command.addOption(new Option('-o, --output <format>', 'for scripts').choices(['json', 'yaml']));
}

/** A whole number within bounds, named in the error. */
export function wholeNumber(name: string, least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < least || number > most) {
      throw new InvalidArgumentError(`${name} is a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

export const port = wholeNumber('A port', 0, 65_535);

/** What `withConnection`, `withNamespace` and `withOutput` give an action. */
export interface ReadFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
  readonly output?: 'json' | 'yaml';
}
