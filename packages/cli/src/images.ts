import type { Installation } from './installation.ts';

/** One row of the table that tells the node agent what an image's name runs. */
export interface ImageRow {
  readonly repository: string;
  readonly tags: readonly string[];
  /** The image's entrypoint. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The images of an embedded cluster. One that is not here fails as ImagePullBackOff. */
export function embeddedImages(installation: Installation, node: string): readonly ImageRow[] {
  const run = (name: string): readonly string[] => [
    node,
    '--disable-warning=ExperimentalWarning',
    installation.bundle(name),
  ];
  const weapon = (repository: string, tags: readonly string[], env: Readonly<Record<string, string>>): ImageRow => ({
    repository: `registry.mil/weapons/${repository}`,
    tags,
    command: run('weapon'),
    env,
  });
  return [
    weapon('pl15-missile', ['v2.2.0', 'v2.3.0', 'v2.4.0'], { GUIDANCE_MODE: 'active-radar', MAX_RANGE: '200000' }),
    weapon('pl10-missile', ['v1.7.0', 'v1.8.0', 'v1.9.0'], {}),
    weapon('pl12-missile', ['v1.4.0', 'v1.5.0', 'v1.6.0'], {}),
    weapon('cm400akg', ['v2.0.0', 'v2.1.0', 'v2.2.0'], {}),
    { repository: 'registry.mil/utils/weapon-loader', tags: ['v1.0'], command: run('weapon-preload') },
    { repository: 'registry.mil/aircraft/aircraft-control', tags: ['v1.0'], command: run('aircraft-control') },
  ];
}
