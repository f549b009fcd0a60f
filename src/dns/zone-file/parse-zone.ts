import { parseName, parseTtl, TYPE, WireError, type ResourceRecord } from '../wire/index.ts';
import { generate } from './generate.ts';
import { lexZone, type Entry } from './lex.ts';
import { parseEntry } from './parse-record.ts';
import { ZoneFileError } from './zone-file-error.ts';

export interface ParseZoneOptions {
  /** For errors, and where `$INCLUDE` starts. */
  readonly file: string;
  /** What relative names end with; absolute. */
  readonly origin: string;
  /**
   * Text of a file that `$INCLUDE` names.
   *
   * @throws Error when it cannot be read.
   */
  readonly include: (
    path: string,
    from: string,
  ) => { readonly file: string; readonly text: string };
}

/** Files that include one another. */
const MAX_INCLUDES = 7;

/** What lines leave for those after them. */
interface State {
  origin: string;
  owner: string | undefined;
  /** By `$TTL`. */
  ttl: number | undefined;
  /** Of the last record that names one. */
  lastTtl: number | undefined;
}

/**
 * The records of a zone file, in its order.
 *
 * A record without TTL has that of `$TTL`, of the record before, or its own minimum if it is a SOA record.
 *
 * @throws ZoneFileError
 * @see RFC 1035 §5, RFC 2308 §4
 */
export function parseZone(text: string, options: ParseZoneOptions): readonly ResourceRecord[] {
  const state: State = {
    origin: options.origin,
    owner: undefined,
    ttl: undefined,
    lastTtl: undefined,
  };
  return readZone(text, { options, state, depth: 0 });
}

interface Context {
  readonly options: ParseZoneOptions;
  readonly state: State;
  readonly depth: number;
}

function readZone(text: string, context: Context): ResourceRecord[] {
  const records: ResourceRecord[] = [];
  for (const entry of lexZone(text, context.options.file)) {
    const [first] = entry.words;
    const isDirective =
      !entry.isIndented && first?.isQuoted === false && first.text.startsWith('$');
    if (isDirective) records.push(...readDirective(entry, context));
    else records.push(readRecord(entry, context.state));
  }
  return records;
}

function readRecord(entry: Entry, state: State): ResourceRecord {
  const { origin, owner } = state;
  const ttl = state.ttl ?? state.lastTtl;
  // NaN stands for a TTL that nobody named.
  const record = parseEntry(entry, { origin, owner, ttl: ttl ?? NaN });
  state.owner = record.name;
  if (!Number.isNaN(record.ttl)) {
    state.lastTtl = record.ttl;
    return record;
  }
  if (record.type !== TYPE.SOA || record.rdata.kind !== 'soa')
    throw new ZoneFileError('no TTL: neither here, nor before, nor by $TTL', entry.position);
  state.lastTtl = record.rdata.soa.minimum;
  return { ...record, ttl: record.rdata.soa.minimum };
}

function readDirective(entry: Entry, context: Context): readonly ResourceRecord[] {
  const { state } = context;
  const [name = '', ...args] = entry.words.map(({ text }) => text);
  const [argument = ''] = args;
  const fail = (what: string): ZoneFileError => new ZoneFileError(what, entry.position);
  switch (name.toUpperCase()) {
    case '$ORIGIN':
      if (args.length !== 1) throw fail('$ORIGIN takes one name');
      state.origin = nameOf(argument, state.origin, entry);
      return [];
    case '$TTL':
      state.ttl = parseTtl(argument);
      if (args.length !== 1 || state.ttl === undefined) throw fail('$TTL takes one time');
      return [];
    case '$INCLUDE':
      if (args.length < 1 || args.length > 2) throw fail('$INCLUDE takes a file and an origin');
      return readInclude(args, entry, context);
    case '$GENERATE':
      return generate(args, entry.position).map((line) => readLine(line, context));
    default:
      throw fail(`unknown directive ${name}`);
  }
}

/** The included file has an origin of its own, which ends with it. */
function readInclude(
  [path = '', originText]: readonly string[],
  entry: Entry,
  { options, state, depth }: Context,
): readonly ResourceRecord[] {
  if (depth >= MAX_INCLUDES)
    throw new ZoneFileError('too many files include one another', entry.position);
  const origin = originText === undefined ? state.origin : nameOf(originText, state.origin, entry);
  const { file, text } = readIncluded(path, entry, options);
  const inner: Context = {
    options: { ...options, file },
    state: { ...state, origin, owner: undefined },
    depth: depth + 1,
  };
  return readZone(text, inner);
}

function readIncluded(
  path: string,
  entry: Entry,
  { include, file }: ParseZoneOptions,
): { readonly file: string; readonly text: string } {
  try {
    return include(path, file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ZoneFileError(`$INCLUDE ${path}: ${reason}`, entry.position, error);
  }
}

function readLine(line: string, { options, state }: Context): ResourceRecord {
  const [entry] = lexZone(line, options.file);
  if (entry === undefined) throw new TypeError('a generated line is empty');
  return readRecord(entry, state);
}

function nameOf(text: string, origin: string, { position }: Entry): string {
  try {
    return parseName(text, origin);
  } catch (error) {
    if (error instanceof WireError) throw new ZoneFileError(error.message, position, error);
    throw error;
  }
}
