import { ApiError } from '../api/index.ts';

/** The forms in which an object can go out; @see Kubernetes API concepts, alternate representations */
export type Representation =
  | { readonly format: 'json' | 'yaml'; readonly as?: undefined }
  | {
      readonly format: 'json' | 'yaml';
      readonly as: 'Table' | 'PartialObjectMetadata';
      readonly version: 'v1' | 'v1beta1';
    };

const META_GROUP = 'meta.k8s.io';
const JSON_TYPE = 'application/json';
const JSON_FORM: Representation = { format: 'json' };

/** One range of an Accept header. */
interface MediaRange {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/**
 * The first form of `accept` that can be served, by quality and then in its order.
 *
 * @param isTabular whether the object may be asked for as a Table or as metadata alone.
 * @throws ApiError NotAcceptable when there is none.
 */
export function negotiate(accept: string | undefined, isTabular: boolean): Representation {
  // As most clients ask.
  if (accept === JSON_TYPE) return JSON_FORM;
  const ranges = parseAccept(accept ?? '');
  if (ranges.length === 0) return JSON_FORM;
  for (const range of ranges) {
    const form = representationOf(range, isTabular);
    if (form !== undefined) return form;
  }
  throw notAcceptable(ranges);
}

/** Media types that a path serves are asked for first, and only then what of them is wanted. */
function notAcceptable(ranges: readonly MediaRange[]): ApiError {
  const isServed = ranges.some(({ type }) => SERVED.includes(type) || type === '*/*');
  return isServed
    ? new ApiError(
        'NotAcceptable',
        `only the following media types are accepted: ${SERVED.join(', ')}`,
      )
    : new ApiError(
        'NotAcceptable',
        `406: Not Acceptable\n\nAvailable representations: ${SERVED.join(', ')}`,
        { details: {} },
      );
}

/** What upstream says that it serves; protobuf is answered by none of ours. */
const SERVED = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];

/** Media ranges by falling quality; those of equal quality in their order (RFC 9110 §12.5.1). */
export function parseAccept(accept: string): readonly MediaRange[] {
  return accept
    .split(',')
    .map(parseRange)
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .toSorted((left, right) => right.quality - left.quality);
}

function parseRange(text: string): MediaRange {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = new Map(
    rest.map((part) => {
      const equals = part.indexOf('=');
      return [part.slice(0, equals).toLowerCase(), part.slice(equals + 1)] as const;
    }),
  );
  const quality = Number(parameters.get('q') ?? '1');
  return { type: type.toLowerCase(), parameters, quality: Number.isNaN(quality) ? 0 : quality };
}

function representationOf(
  { type, parameters }: MediaRange,
  isTabular: boolean,
): Representation | undefined {
  const format = formatOf(type);
  if (format === undefined) return undefined;
  const as = parameters.get('as');
  if (as === undefined) return { format };
  const version = parameters.get('v');
  const kind = as.replace(/List$/, '');
  const isKnown =
    isTabular &&
    parameters.get('g') === META_GROUP &&
    (version === 'v1' || version === 'v1beta1') &&
    (kind === 'Table' || kind === 'PartialObjectMetadata');
  return isKnown ? { format, as: kind, version } : undefined;
}

function formatOf(type: string): 'json' | 'yaml' | undefined {
  if (type === 'application/json' || type === '*/*') return 'json';
  return type === 'application/yaml' ? 'yaml' : undefined;
}
