import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '@hardpoint/kubernetes';
import { parseAllDocuments } from 'yaml';
import { CliError } from '../cli-error.ts';
import { EXIT } from '../exit-codes.ts';

/** The objects of a folder's YAML files, by file name, then place: what `kubectl apply -f FOLDER` would send. */
export function readManifests(folder: string): readonly (KubernetesObject & Record<string, unknown>)[] {
  const objects: (KubernetesObject & Record<string, unknown>)[] = [];
  for (const name of readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort()) {
    const file = join(folder, name);
    for (const document of parseAllDocuments(readFileSync(file, 'utf8'))) {
      const fault = document.errors[0];
      if (fault !== undefined) {
        throw new CliError({
          message: `${file}:${fault.linePos?.[0].line ?? 1}: ${fault.message}`,
          exitCode: EXIT.usage,
        });
      }
      const object = document.toJS() as (KubernetesObject & Record<string, unknown>) | null;
      if (object !== null) objects.push(object);
    }
  }
  return objects;
}
