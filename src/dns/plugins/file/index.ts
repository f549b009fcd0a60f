/** Zones from zone files. */
import { dirname, isAbsolute, join } from 'node:path';
import { failure, type Answer } from '../../answer.ts';
import {
  argsOf,
  CorefileError,
  readDuration,
  readOptions,
  type Directive,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';
import { zoneOf } from '../../names.ts';
import { RCODE, TYPE } from '../../wire/index.ts';
import { watchFile } from '../../watch-file.ts';
import { parseZone, ZoneFileError } from '../../zone-file/index.ts';
import { zonesOf } from '../../zones.ts';
import { lookUpZone, type Found } from './lookup.ts';
import { compileZone, type Zone } from './zone.ts';

const DEFAULT_RELOAD_MS = 60_000;

/** One `file` of a Corefile. */
interface Stanza {
  readonly path: string;
  readonly zones: readonly string[];
  readonly reloadMs: number;
  /** A changed file counts by its time, not by its serial. */
  readonly isByTime: boolean;
}

/** `file DBFILE [ZONES…] { reload DURATION | fallthrough [ZONES…] | reload_by_mtime }` */
export const file: PluginDefinition = {
  name: 'file',
  setup: (directives, context) => {
    let fallthrough: readonly string[] = [];
    const stanzas = directives.map((directive) =>
      readStanza(directive, context, (zones) => {
        fallthrough = zones;
      }),
    );
    const zones = new ZoneFiles(stanzas, directives, context);
    const isLast = (): boolean =>
      context.peers().findLast(([, { plugin }]) => plugin !== undefined)?.[0] === 'file';
    return {
      plugin: (query, next) => {
        const name = zoneOf(query.qname, zones.names);
        // Nobody else has zones: that others are refused is the answer of an authoritative server.
        if (name === undefined) return isLast() ? failure(RCODE.REFUSED) : next(query);
        const zone = zones.get(name);
        if (zone === undefined) return failure(RCODE.SERVFAIL);
        if (query.qtype === TYPE.AXFR || query.qtype === TYPE.IXFR) return failure(RCODE.REFUSED);
        const finish = (found: Found): ReturnType<typeof next> => {
          const isMissing =
            found.answers.length === 0 && (found.kind === 'nxdomain' || found.kind === 'success');
          const mayGoOn = zoneOf(query.qname, fallthrough) !== undefined;
          return isMissing && mayGoOn ? next(query) : answerOf(found);
        };
        const found = lookUpZone({ zone, query, resolve: context.resolve });
        return found instanceof Promise ? found.then(finish) : finish(found);
      },
      transfer: (name) => zones.get(name)?.transfer,
      onStart: () => zones.notifyAll(),
      [Symbol.asyncDispose]: async () => zones[Symbol.dispose](),
    };
  },
};

function answerOf({ kind, answers, authority, additional, isElsewhere }: Found): Answer {
  if (kind === 'failure' && answers.length === 0) return failure(RCODE.SERVFAIL);
  const rcodes = { nxdomain: RCODE.NXDOMAIN, failure: RCODE.SERVFAIL } as const;
  const rcode = kind === 'nxdomain' || kind === 'failure' ? rcodes[kind] : RCODE.NOERROR;
  return {
    rcode,
    isAuthoritative: kind !== 'delegation' || answers.length > 0,
    answers,
    authority,
    additional,
    ...(isElsewhere ? {} : { isStable: true }),
  };
}

function readStanza(
  directive: Directive,
  { zones: blockZones, pathOf }: SetupContext,
  setFallthrough: (zones: readonly string[]) => void,
): Stanza {
  const [path = '', ...zones] = argsOf(directive, 1, Infinity);
  let reloadMs = DEFAULT_RELOAD_MS;
  let isByTime = false;
  readOptions(directive, {
    fallthrough: ({ args }) => setFallthrough(args.length === 0 ? ['.'] : args.flatMap(zonesOf)),
    reload: (option) => {
      const [text] = option.args;
      if (text === undefined)
        throw new CorefileError('reload duration value is expected', option.position);
      reloadMs = readDuration(text, option, 'reload');
    },
    reload_by_mtime: () => {
      isByTime = true;
    },
    // Without effect since CoreDNS 1.3; old Corefiles carry it.
    upstream: () => undefined,
  });
  return {
    path: pathOf(path),
    zones: zones.length === 0 ? blockZones : zones.flatMap(zonesOf),
    reloadMs,
    isByTime,
  };
}

/** Zones by name, read again as their files change. */
class ZoneFiles implements Disposable {
  readonly names: readonly string[];
  readonly #zones = new Map<string, Zone>();
  readonly #stack = new DisposableStack();
  readonly #context: SetupContext;

  constructor(stanzas: readonly Stanza[], directives: readonly Directive[], context: SetupContext) {
    this.#context = context;
    this.names = stanzas.flatMap(({ zones }) => zones);
    for (const [index, stanza] of stanzas.entries()) this.#watch(stanza, directives[index]);
  }

  get(name: string): Zone | undefined {
    return this.#zones.get(name);
  }

  /** Tells secondaries about all zones. */
  notifyAll(): void {
    for (const name of this.#zones.keys()) this.#context.peer('transfer')?.notify?.(name);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #watch(stanza: Stanza, directive: Directive | undefined): void {
    const { files, clock, log } = this.#context.environment;
    const { path, reloadMs } = stanza;
    const report = (error: unknown): void =>
      log.warn('zone file cannot be read', { part: 'dns', plugin: 'file', path, error });
    let isStarting = true;
    const onText = (text: string): void => {
      for (const origin of stanza.zones) this.#take(origin, text, { ...stanza, isStarting });
    };
    try {
      const watched = watchFile({
        path,
        files,
        clock,
        intervalMs: reloadMs,
        onText,
        onError: report,
      });
      this.#stack.use(watched);
      isStarting = false;
      if (watched.isThere) return;
      if (reloadMs === 0) throw new TypeError(`open ${path}: no such file or directory`);
      log.warn('file does not exist', { part: 'dns', plugin: 'file', path });
    } catch (error) {
      this.#stack.dispose();
      if (!(error instanceof ZoneFileError || error instanceof TypeError)) throw error;
      const position = directive?.position ?? { file: path, line: 1, column: 1 };
      throw new CorefileError(`plugin/file: ${error.message}`, position, { cause: error });
    }
  }

  #take(origin: string, text: string, stanza: Stanza & { readonly isStarting: boolean }): void {
    const { files } = this.#context.environment;
    const include = (path: string, from: string): { file: string; text: string } => {
      const place = isAbsolute(path) ? path : join(dirname(from), path);
      return { file: place, text: files.read(place) };
    };
    const zone = compileZone(parseZone(text, { file: stanza.path, origin, include }), origin);
    const known = this.#zones.get(origin);
    if (known !== undefined && !stanza.isByTime && known.serial === zone.serial) return;
    this.#zones.set(origin, zone);
    this.#context.environment.revision.advance();
    if (!stanza.isStarting) this.#context.peer('transfer')?.notify?.(origin);
  }
}
