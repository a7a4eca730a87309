import { stringify } from 'yaml';
import { crds } from './crd.ts';

/** The CRDs as files of `deploy/crds`, one per kind. */
export function crdFiles(): { readonly name: string; readonly text: string }[] {
  return crds().map((crd) => ({
    name: `${crd.metadata?.name}.yaml`,
    text: `# Written by packages/api/write-crds.ts; do not edit.\n${stringify(crd, { aliasDuplicateObjects: false, lineWidth: 0 })}`,
  }));
}
