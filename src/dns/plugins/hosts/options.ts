import { argsOf, CorefileError, parseDuration, type Directive } from '../../corefile/index.ts';
import { zonesOf } from '../../zones.ts';

/** What a Corefile says with `hosts`. */
export interface HostsPluginOptions {
  readonly path: string;
  readonly zones: readonly string[];
  /** Lines as in a hosts file. */
  readonly inline: string;
  readonly ttl: number;
  readonly hasReverse: boolean;
  /** How often the file is looked at; 0 never again. */
  readonly reloadMs: number;
  /** Zones in which unknown names go on. */
  readonly fallthrough: readonly string[];
  /** Other types than A, AAAA and PTR go on as well. */
  readonly fallsThroughUnsupported: boolean;
}

const DEFAULTS = {
  path: '/etc/hosts',
  ttl: 3600,
  hasReverse: true,
  reloadMs: 5000,
  fallthrough: [],
  fallsThroughUnsupported: false,
} as const;
const MAX_TTL = 65_535;

type Draft = { -readonly [K in keyof HostsPluginOptions]: HostsPluginOptions[K] };

const READERS: Readonly<Record<string, (option: Directive, draft: Draft) => void>> = {
  fallthrough: ({ args }, draft) => {
    draft.fallthrough = args.length === 0 ? ['.'] : args.flatMap(zonesOf);
  },
  fallthrough_unsupported: (option, draft) => {
    argsOf(option, 0);
    draft.fallsThroughUnsupported = true;
  },
  no_reverse: (_, draft) => {
    draft.hasReverse = false;
  },
  ttl: (option, draft) => {
    draft.ttl = readTtl(option);
  },
  reload: (option, draft) => {
    draft.reloadMs = readReload(option);
  },
};

/**
 * Entries stand before `fallthrough`, as CoreDNS reads them.
 *
 * @throws CorefileError
 */
export function readHostsOptions(
  directive: Directive,
  blockZones: readonly string[],
): HostsPluginOptions {
  const [path = DEFAULTS.path, ...zones] = directive.args;
  const draft: Draft = {
    ...DEFAULTS,
    path,
    zones: zones.length === 0 ? blockZones : zones.flatMap(zonesOf),
    inline: '',
  };
  for (const option of directive.block) {
    const read = Object.hasOwn(READERS, option.name) ? READERS[option.name] : undefined;
    if (read !== undefined) read(option, draft);
    else if (draft.fallthrough.length > 0)
      throw new CorefileError(`unknown property '${option.name}'`, option.position, {
        hint: 'Entries stand before `fallthrough`.',
      });
    else draft.inline += `${[option.name, ...option.args].join(' ')}\n`;
  }
  if (draft.fallsThroughUnsupported && draft.fallthrough.length === 0)
    throw new CorefileError('fallthrough_unsupported requires fallthrough', directive.position);
  return draft;
}

function readTtl({ args: [text], position }: Directive): number {
  if (text === undefined) throw new CorefileError('ttl needs a time in second', position);
  if (!/^[+-]?\d+$/.test(text)) throw new CorefileError('ttl needs a number of second', position);
  const ttl = Number(text);
  if (ttl <= 0 || ttl > MAX_TTL) throw new CorefileError('ttl provided is invalid', position);
  return ttl;
}

function readReload({ args: [text, ...more], position }: Directive): number {
  if (text === undefined || more.length > 0)
    throw new CorefileError('reload needs a duration (zero seconds to disable)', position);
  const ms = parseDuration(text);
  if (ms === undefined) throw new CorefileError(`invalid duration for reload '${text}'`, position);
  if (ms < 0) throw new CorefileError(`invalid negative duration for reload '${text}'`, position);
  return ms;
}
