import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Node } from '@hardpoint/kubernetes';
import { LineCounter, parseAllDocuments } from 'yaml';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';
import { variedAircraft } from './varied-aircraft.ts';

/**
 * What `--aircraft` names: a number of varied aircraft, or a file of v1 Node objects in YAML. Objects of other kinds in
 * the file are passed over, so that a file of a whole example serves.
 *
 * @throws CliError (exit code 2) naming file, document and field.
 */
export async function readAircraft(value: string, cwd: string): Promise<readonly Node[]> {
  if (/^\d+$/.test(value)) {
    const count = Number(value);
    if (count > 20_000) {
      throw new CliError({ message: `--aircraft ${value}: at most 20000`, exitCode: EXIT.usage });
    }
    return variedAircraft(count);
  }
  const file = resolve(cwd, value);
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw new CliError({
      message: `--aircraft ${value} cannot be read: ${error.message}`,
      exitCode: EXIT.usage,
      remedy: 'Give a number of aircraft, or a file of v1 Node objects in YAML.',
    });
  });
  const lines = new LineCounter();
  const nodes: Node[] = [];
  const names = new Set<string>();
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    const fault = document.errors[0];
    if (fault !== undefined) {
      throw new CliError({
        message: `${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message}`,
        exitCode: EXIT.usage,
      });
    }
    const object = document.toJS() as Node | { kind: 'List'; items?: Node[] } | null;
    if (object === null) continue;
    const candidates =
      object.kind === 'List' || object.kind === 'NodeList'
        ? ((object as { items?: Node[] }).items ?? [])
        : [object as Node];
    for (const node of candidates) {
      if (node.kind !== 'Node' || node.apiVersion !== 'v1') continue;
      const name = node.metadata?.name;
      const line = lines.linePos(document.range?.[0] ?? 0).line;
      if (typeof name !== 'string' || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name)) {
        throw new CliError({ message: `${file}:${line}: a Node without a valid metadata.name`, exitCode: EXIT.usage });
      }
      if (names.has(name))
        throw new CliError({ message: `${file}:${line}: two Nodes are named ${name}`, exitCode: EXIT.usage });
      names.add(name);
      nodes.push(node);
    }
  }
  if (nodes.length === 0) {
    throw new CliError({
      message: `${file} holds no v1 Node`,
      exitCode: EXIT.usage,
      remedy: 'examples/maritime-strike/aircraft.yaml is such a file.',
    });
  }
  return nodes;
}
