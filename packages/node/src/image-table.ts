/** A repository of the table: what any of its tags runs. */
export interface ImageEntry {
  /** `registry.mil/weapons/pl15`; without tag. */
  readonly repository: string;
  /** Tags that exist. */
  readonly tags: readonly string[];
  /** Program and first arguments, in place of an image's entry point. A Pod's `command` replaces them, its `args` follow. */
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The embedded cluster's registry: what is not in it cannot be pulled. */
export type ImageTable = readonly ImageEntry[];

export type ImageAnswer =
  | { readonly kind: 'found'; readonly entry: ImageEntry; readonly imageId: string }
  | { readonly kind: 'missing'; readonly message: string }
  | { readonly kind: 'invalid'; readonly message: string };

const REFERENCE = /^([a-z0-9]+(?:[._:/-]+[a-zA-Z0-9]+)*?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[a-f0-9]{64}))?$/;

/** Finds an image by its reference; a reference without a tag means `latest`. */
export function resolveImage(table: ImageTable, image: string): ImageAnswer {
  const parts = REFERENCE.exec(image);
  if (parts === null) {
    return {
      kind: 'invalid',
      message: `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`,
    };
  }
  const [, repository = '', tag = 'latest'] = parts;
  const entry = table.find((each) => each.repository === repository);
  if (entry?.tags.includes(tag)) return { kind: 'found', entry, imageId: `${repository}:${tag}` };
  const reference = `${repository}:${tag}`;
  return {
    kind: 'missing',
    message: `failed to pull and unpack image "${reference}": failed to resolve reference "${reference}": ${reference}: not found`,
  };
}
