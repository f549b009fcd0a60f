import { parseCidr, parseIp, type Cidr } from '../../../net/index.ts';
import { CorefileError, type Directive, type SetupContext } from '../../corefile/index.ts';
import { typeOf } from '../../wire/index.ts';
import { zonesOf } from '../../zones.ts';

const ACTIONS = ['allow', 'block', 'filter', 'drop'] as const;
const SECTIONS = ['type', 'net', 'file'] as const;

export type Action = (typeof ACTIONS)[number];
type Section = (typeof SECTIONS)[number];

/** What to do with queries; absent conditions hold always. */
export interface Policy {
  readonly action: Action;
  readonly types: ReadonlySet<number> | undefined;
  readonly nets: readonly Cidr[] | undefined;
}

/** Policies for zones; the first that fits counts. */
export interface Rule {
  readonly zones: readonly string[];
  readonly policies: readonly Policy[];
}

/** @throws CorefileError */
export function readRule(directive: Directive, context: SetupContext): Rule {
  const { args, block } = directive;
  return {
    zones: args.length === 0 ? context.zones : args.flatMap(zonesOf),
    policies: block.map((line) => readPolicy(line, context)),
  };
}

function readPolicy(line: Directive, context: SetupContext): Policy {
  const action = line.name.toLowerCase();
  if (!isAction(action))
    throw new CorefileError(
      `unexpected token '${line.name}'; expect 'allow', 'block', 'filter' or 'drop'`,
      line.position,
    );
  const words = sectionsOf(line);
  const nets = [
    ...(words.get('net') ?? []),
    ...(words.get('file') ?? []).flatMap((path) => readNets(path, line, context)),
  ];
  return { action, types: typesOf(words.get('type'), line), nets: netsOf(nets, line) };
}

/** The words behind `type`, `net` and `file`. */
function sectionsOf({ args, position }: Directive): ReadonlyMap<Section, readonly string[]> {
  const sections = new Map<Section, string[]>();
  let current: Section | undefined;
  for (const word of args) {
    const lower = word.toLowerCase();
    if (isSection(lower)) {
      if (current !== undefined) refuseEmpty(current, sections, position);
      current = lower;
      sections.set(lower, sections.get(lower) ?? []);
    } else if (current === undefined) {
      throw new CorefileError(`unexpected token '${word}'; expect 'type | net | file'`, position);
    } else sections.get(current)?.push(word);
  }
  if (current !== undefined) refuseEmpty(current, sections, position);
  return sections;
}

function refuseEmpty(
  section: Section,
  sections: ReadonlyMap<Section, readonly string[]>,
  position: Directive['position'],
): void {
  if (sections.get(section)?.length === 0)
    throw new CorefileError(`no token specified in '${section}' section`, position);
}

function typesOf(words: readonly string[] | undefined, { position }: Directive): Policy['types'] {
  if (words === undefined || words.includes('*')) return undefined;
  return new Set(
    words.map((word) => {
      const type = typeOf(word);
      if (type === undefined)
        throw new CorefileError(`unexpected token '${word}'; expect legal QTYPE`, position);
      return type;
    }),
  );
}

function netsOf(words: readonly string[], { position }: Directive): Policy['nets'] {
  if (words.length === 0 || words.includes('*')) return undefined;
  return words.map((word) => {
    const cidr = parseCidr(word) ?? hostOf(word);
    if (cidr === undefined) throw new CorefileError(`illegal CIDR notation '${word}'`, position);
    return cidr;
  });
}

/** A single address is a prefix of all its bits. */
function hostOf(word: string): Cidr | undefined {
  const ip = parseIp(word);
  return ip && parseCidr(`${ip.text}/${ip.family === 'IPv4' ? 32 : 128}`);
}

function readNets(path: string, { position }: Directive, context: SetupContext): readonly string[] {
  try {
    const text = context.environment.files.read(context.pathOf(path));
    return text.split('\n').flatMap((line) => line.replace(/#.*$/, '').trim() || []);
  } catch (error) {
    throw new CorefileError(`unable to load networks from local file: ${path}`, position, {
      cause: error,
    });
  }
}

function isAction(word: string): word is Action {
  return ACTIONS.some((action) => action === word);
}

function isSection(word: string): word is Section {
  return SECTIONS.some((section) => section === word);
}
