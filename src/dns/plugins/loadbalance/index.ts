/** Addresses of a reply in an order that spreads the load. */
import { cidrContains, parseCidr, parseIp, type Cidr } from '../../../net/index.ts';
import type { Answer } from '../../answer.ts';
import type { Plugin } from '../../chain.ts';
import {
  CorefileError,
  onlyOnce,
  parseDuration,
  readOptions,
  type Directive,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';
import { RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { shuffle } from './shuffle.ts';
import { createWeights, type Weights } from './weights.ts';

type Arrange = NonNullable<Answer['arrange']>;

const WEIGHTED_TYPES: ReadonlySet<number> = new Set([TYPE.A, TYPE.AAAA, TYPE.SRV]);
const DEFAULT_RELOAD_MS = 30_000;

/** `loadbalance [round_robin | weighted FILE { reload DURATION }] { prefer CIDR… }` */
export const loadbalance: PluginDefinition = {
  name: 'loadbalance',
  setup: (directives, context) => {
    const directive = onlyOnce(directives);
    const [policy = 'round_robin', ...args] = directive.args;
    if (policy === 'weighted') return setUpWeighted(directive, args, context);
    if (policy !== 'round_robin')
      throw new CorefileError(`unknown policy: ${policy}`, directive.position);
    if (args.length > 0)
      throw new CorefileError('unknown property for round_robin', directive.position);
    const preferred: Cidr[] = [];
    readOptions(directive, { prefer: (option) => preferred.push(...cidrsOf(option)) });
    const { random } = context.environment;
    const arrange: Arrange = (records) => preferFirst(shuffle(records, random), preferred);
    return { plugin: arranging(() => arrange) };
  },
};

function setUpWeighted(
  directive: Directive,
  [file, ...more]: readonly string[],
  { pathOf, environment: { clock, random, files, log } }: SetupContext,
): ReturnType<PluginDefinition['setup']> {
  if (file === undefined)
    throw new CorefileError('missing weight file argument', directive.position);
  if (more.length > 0) throw new CorefileError('unexpected argument(s)', directive.position);
  let reloadMs = DEFAULT_RELOAD_MS;
  const preferred: Cidr[] = [];
  readOptions(directive, {
    reload: (option) => {
      reloadMs = reloadOf(option);
    },
    prefer: (option) => preferred.push(...cidrsOf(option)),
  });
  const weights: Weights = createWeights({
    file: pathOf(file),
    reloadMs,
    clock,
    random,
    files,
    log,
  });
  return {
    plugin: arranging((qtype) =>
      WEIGHTED_TYPES.has(qtype)
        ? (records) => preferFirst(weights.arrange(records), preferred)
        : undefined,
    ),
    onStart: () => weights.start(),
    [Symbol.asyncDispose]: async () => weights[Symbol.dispose](),
  };
}

/** Says how the records of good answers are put in order; nothing where there is nothing to order. */
function arranging(arrangeFor: (qtype: number) => Arrange | undefined): Plugin {
  return (query, next) => {
    if (query.qtype === TYPE.AXFR || query.qtype === TYPE.IXFR) return next(query);
    const finish = (answer: Answer | undefined): Answer | undefined => {
      if (answer === undefined || answer.rcode !== RCODE.NOERROR) return answer;
      const { answers, authority, additional } = answer;
      const isOrdered = answers.length < 2 && authority.length < 2 && additional.length < 2;
      const arrange = isOrdered ? undefined : arrangeFor(query.qtype);
      return arrange === undefined ? answer : { ...answer, arrange };
    };
    const answer = next(query);
    return answer instanceof Promise ? answer.then(finish) : finish(answer);
  };
}

function cidrsOf({ args, position }: Directive): readonly Cidr[] {
  return args.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === undefined) throw new CorefileError(`invalid CIDR "${text}"`, position);
    return cidr;
  });
}

function reloadOf(option: Directive): number {
  const [text, ...more] = option.args;
  if (text === undefined)
    throw new CorefileError('reload duration value is missing', option.position);
  if (more.length > 0) throw new CorefileError('unexpected argument', option.position);
  const value = parseDuration(text);
  if (value === undefined)
    throw new CorefileError(`invalid reload duration '${text}'`, option.position);
  return value;
}

/** Addresses in the preferred prefixes before the others, each lot in its order; other records stay where they are. */
function preferFirst(
  records: readonly ResourceRecord[],
  preferred: readonly Cidr[],
): readonly ResourceRecord[] {
  if (preferred.length === 0) return records;
  const rankOf = ({ rdata }: ResourceRecord): number => {
    const ip = rdata.kind === 'address' ? parseIp(rdata.address) : undefined;
    const rank = ip === undefined ? -1 : preferred.findIndex((cidr) => cidrContains(cidr, ip));
    return rank < 0 ? preferred.length : rank;
  };
  const isAddress = ({ rdata }: ResourceRecord): boolean => rdata.kind === 'address';
  const sorted = records.filter(isAddress).toSorted((a, b) => rankOf(a) - rankOf(b));
  return [...records.filter((record) => !isAddress(record)), ...sorted];
}
