import { notAcceptable } from './failures.ts';

/** How the client wants its answer. */
export interface Representation {
  readonly format: 'json' | 'yaml';
  /** A transformed shape of meta.k8s.io/v1. */
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList';
  readonly contentType: string;
}

const accepted = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

export function parseAccept(header: string): readonly Clause[] {
  return header
    .split(',')
    .map((text) => {
      const [type = '', ...rest] = text.split(';').map((part) => part.trim());
      const parameters = new Map(
        rest.map((part) => {
          const at = part.indexOf('=');
          return at === -1 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
        }),
      );
      return { type: type.toLowerCase(), parameters, quality: Number(parameters.get('q') ?? '1') };
    })
    .filter((clause) => clause.type !== '')
    .sort((a, b) => b.quality - a.quality);
}

/** Throws a StatusError 406. `shapes`: which transformations this answer has. */
export function negotiate(
  header: string | undefined,
  shapes: readonly Representation['as'][] = ['object'],
): Representation {
  if (header === undefined || header === '') return plain('json');
  for (const { type, parameters } of parseAccept(header)) {
    const as = parameters.get('as');
    const format =
      type === 'application/yaml'
        ? 'yaml'
        : type === 'application/json' || type === '*/*' || type === 'application/*'
          ? 'json'
          : undefined;
    if (format === undefined) continue;
    if (as === undefined || as === '') return plain(format);
    const shape = shapes.find((each) => each === as);
    if (shape === undefined || parameters.get('g') !== 'meta.k8s.io') continue;
    const version = parameters.get('v');
    if (version !== 'v1' && version !== 'v1beta1') continue;
    return { format, as: shape, contentType: `application/${format}` };
  }
  const streams = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
  throw notAcceptable(shapes.includes('PartialObjectMetadataList') ? [...accepted, ...streams] : accepted);
}

function plain(format: 'json' | 'yaml'): Representation {
  return { format, as: 'object', contentType: `application/${format}` };
}
