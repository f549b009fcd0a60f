import {
  CLASS,
  classOf,
  parseName,
  parseRdata,
  parseTtl,
  typeOf,
  WireError,
  type ResourceRecord,
  type Word,
} from '../wire/index.ts';
import { lexZone, type Entry } from './lex.ts';
import { ZoneFileError } from './zone-file-error.ts';

/** What lines leave for those after them. */
export interface RecordContext {
  /** What relative names end with. */
  readonly origin: string;
  /** Owner of the line before; undefined at the start. */
  readonly owner: string | undefined;
  /** Of records that name none; undefined when that is an error. */
  readonly ttl: number | undefined;
}

/** TTL of a lone record that names none. */
const LONE_TTL = 3600;

/**
 * One record on a line of its own: `web.example.org. 60 IN A 192.0.2.1`.
 *
 * @throws ZoneFileError when `text` is not exactly one.
 */
export function parseRecord(text: string): ResourceRecord {
  const position = { file: 'record', line: 1, column: 1 };
  const [entry, another] = lexZone(text.trim(), 'record');
  if (entry === undefined) throw new ZoneFileError('no record', position);
  if (another !== undefined) throw new ZoneFileError('more than one record', another.position);
  return parseEntry(entry, { origin: '.', owner: undefined, ttl: LONE_TTL });
}

/**
 * The record of an entry: `[OWNER] [TTL] [CLASS] TYPE DATA`.
 *
 * @throws ZoneFileError
 */
export function parseEntry(entry: Entry, context: RecordContext): ResourceRecord {
  const { words, isIndented, position } = entry;
  try {
    const owner = isIndented ? context.owner : parseName(words[0]?.text ?? '', context.origin);
    if (owner === undefined) throw new WireError('the first record has no owner');
    const {
      ttl = context.ttl,
      class: class_,
      type,
      data,
    } = readHead(words.slice(isIndented ? 0 : 1));
    if (ttl === undefined) throw new WireError('no TTL: neither here, nor before, nor by $TTL');
    return { name: owner, type, class: class_, ttl, rdata: parseRdata(type, data, context.origin) };
  } catch (error) {
    if (error instanceof WireError) throw new ZoneFileError(error.message, position, error);
    throw error;
  }
}

interface Head {
  readonly ttl?: number;
  readonly class: number;
  readonly type: number;
  readonly data: readonly Word[];
}

/** TTL and class stand in any order, or not at all. */
function readHead(words: readonly Word[]): Head {
  let ttl: number | undefined;
  let class_: number | undefined;
  for (const [index, { text, isQuoted }] of words.entries()) {
    const type = isQuoted ? undefined : typeOf(text);
    if (type !== undefined)
      return {
        ...(ttl === undefined ? {} : { ttl }),
        class: class_ ?? CLASS.IN,
        type,
        data: words.slice(index + 1),
      };
    const seconds = ttl === undefined ? parseTtl(text) : undefined;
    const named = class_ === undefined ? classOf(text) : undefined;
    if (seconds !== undefined) ttl = seconds;
    else if (named !== undefined) class_ = named;
    else throw new WireError(`"${text}" is neither TTL, class nor type`);
  }
  throw new WireError('the record has no type');
}
