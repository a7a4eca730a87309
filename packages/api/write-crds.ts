import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { crdFiles } from './src/crd-files.ts';

const folder = fileURLToPath(new URL('../../deploy/crds/', import.meta.url));
await mkdir(folder, { recursive: true });
for (const file of crdFiles()) await writeFile(`${folder}${file.name}`, file.text);
