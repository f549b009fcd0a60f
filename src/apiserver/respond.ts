import { promisify } from 'node:util';
import type { IncomingHttpHeaders } from 'node:http';
import { negotiate } from './negotiate.ts';
import type { ApiResponse, StreamSink } from './request.ts';

/** An answer ready to be written: bytes, or something that writes them. */
export interface EncodedResponse {
  readonly headers: readonly (readonly [name: string, value: string | readonly string[]])[];
  readonly bytes: string | Buffer;
  readonly run?: (sink: StreamSink) => Promise<void>;
}

/** Answers from this size on are compressed for clients that take it; @see apiserver `gzipThreshold` */
const GZIP_THRESHOLD = 128 * 1024;

/** `answer` in the form that the client's headers ask for. */
export async function encodeResponse(
  answer: ApiResponse,
  { accept, 'accept-encoding': encodings }: IncomingHttpHeaders,
): Promise<EncodedResponse> {
  const common = headersOf(answer);
  if (answer.kind === 'stream')
    return {
      headers:
        answer.contentType === '' ? common : [...common, ['Content-Type', answer.contentType]],
      bytes: '',
      run: answer.run,
    };
  const { contentType, bytes } =
    answer.kind === 'bytes' ? answer : await encodeObject(answer.object, accept);
  const headers = contentType === '' ? common : [...common, ['Content-Type', contentType] as const];
  const isLarge = bytes.length >= GZIP_THRESHOLD && /\bgzip\b/.test(encodings ?? '');
  const isTold = (answer.warnings ?? []).length > 0;
  // Node writes a head in the encoding of the text that follows it, and its letters are bytes.
  if (!isLarge) return { headers, bytes: isTold ? Buffer.from(bytes) : bytes };
  return {
    headers: [...headers, ['Content-Encoding', 'gzip'], ['Vary', 'Accept-Encoding']],
    bytes: await compress(bytes),
  };
}

/** The library is slow to load, and few answers are large. */
async function compress(bytes: string | Buffer): Promise<Buffer> {
  const { gzip } = await import('node:zlib');
  return promisify<string | Buffer, { level: number }, Buffer>(gzip)(bytes, { level: 1 });
}

function headersOf({
  headers = {},
  warnings = [],
}: ApiResponse): [name: string, value: string | readonly string[]][] {
  const all: [string, string | readonly string[]][] = [
    ['Cache-Control', 'no-cache, private'],
    ...Object.entries(headers),
  ];
  const texts = shortened([...new Set(warnings)].filter((text) => !CONTROL.test(text)));
  if (texts.length > 0) all.push(['Warning', texts.map((text) => `299 - ${quote(text)}`)]);
  return all;
}

/** What no header can carry; upstream leaves such warnings out, too. */
const CONTROL = /(?![\r\n])\p{Cc}/u;

/** How many characters all warnings may have together, and how many of each are told where they have more. */
const MAX_WARNINGS = 4096;
const MAX_WARNING = 256;

/** Clients refuse heads that are too large. @see apiserver `filters.WithWarningRecorder` */
function shortened(warnings: readonly string[]): readonly string[] {
  const total = warnings.reduce((sum, { length }) => sum + length, 0);
  if (total <= MAX_WARNINGS) return warnings;
  let told = 0;
  return warnings.flatMap((text) => {
    if (told >= MAX_WARNINGS) return [];
    const short = text.slice(0, MAX_WARNING);
    told += short.length;
    return [short];
  });
}

/** A quoted string of RFC 9110 §5.6.4, on one line, its letters as the bytes of UTF-8: headers are made of those. */
function quote(text: string): string {
  const line = text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/["\\]/g, '\\$&');
  return `"${Buffer.from(line).toString('latin1')}"`;
}

interface Encoded {
  readonly contentType: string;
  readonly bytes: string;
}

async function encodeObject(object: object, accept: string | undefined): Promise<Encoded> {
  if (formatOf(accept) === 'json')
    return { contentType: 'application/json', bytes: `${JSON.stringify(object)}\n` };
  const { stringify } = await import('yaml');
  return {
    contentType: 'application/yaml',
    // Quoted and indented as Go does: for readers of YAML 1.1, to whom `yes` and times are no texts.
    bytes: stringify(object, {
      aliasDuplicateObjects: false,
      version: '1.1',
      lineWidth: 0,
      indentSeq: false,
    }),
  };
}

/** Failures are told even to those who take nothing that there is. */
function formatOf(accept: string | undefined): 'json' | 'yaml' {
  try {
    return negotiate(accept, true).format;
  } catch {
    return 'json';
  }
}
