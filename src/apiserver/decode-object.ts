import { ApiError } from '../api/index.ts';
import { decodeBody, mediaTypeOf, type DecodedBody } from './body.ts';
import type { Target } from './context.ts';
import type { ApiRequest } from './request.ts';
import { parseStrictJson } from './strict-json.ts';

/** How much of a body an error shows. */
const SHOWN = 30;

/**
 * A body that is to be an object of the target's kind; built-in kinds are told of as kube-apiserver's decoder does.
 *
 * @throws ApiError BadRequest for a body that does not say what it is.
 */
export function decodeObject(
  request: ApiRequest,
  { definition: { origin, kind } }: Target,
): DecodedBody | Promise<DecodedBody> {
  const type = mediaTypeOf(request);
  const isJson = type === '' || type === 'application/json';
  if (!isJson || origin !== 'builtin') return decodeBody(request);
  const text = request.body.toString();
  if (text.trim() === 'null') return { value: {}, complaints: [] };
  const unrecognized = (why: string): ApiError =>
    new ApiError(
      'BadRequest',
      `the object provided is unrecognized (must be of type ${kind}): ${why} (${summary(request.body)})`,
    );
  const decoded = parseAs(text, unrecognized);
  const why = wrongTypeMeta(decoded);
  if (why !== undefined) throw unrecognized(why);
  return decoded;
}

function parseAs(text: string, unrecognized: (why: string) => ApiError): DecodedBody {
  try {
    return parseStrictJson(text);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.message === 'EOF')
      throw unrecognized(
        "couldn't get version/kind; json parse error: unexpected end of JSON input",
      );
    throw error.message.startsWith("couldn't get version/kind")
      ? unrecognized(error.message)
      : error;
  }
}

function wrongTypeMeta({ value }: DecodedBody): string | undefined {
  for (const field of ['kind', 'apiVersion']) {
    const given = value[field];
    if (given !== undefined && given !== null && typeof given !== 'string')
      return `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKind(given)} into Go struct field .${field} of type string`;
  }
  const apiVersion = typeof value['apiVersion'] === 'string' ? value['apiVersion'] : '';
  return apiVersion.split('/').length > 2
    ? `unexpected GroupVersion string: ${apiVersion}`
    : undefined;
}

function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

/** The beginning of a body: as it is where it may be JSON, else in hexadecimal. @see apimachinery `summarizeData` */
function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const isLong = body.length > SHOWN;
  const shown = isLong ? body.subarray(0, SHOWN) : body;
  const text = body[0] === 0x7b ? shown.toString() : shown.toString('hex');
  return isLong ? `${text} ...` : text;
}
