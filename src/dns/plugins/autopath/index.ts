/** The search list of clients, walked for them. */
import type { Answer } from '../../answer.ts';
import { onAnswer, type Plugin, type Resolve } from '../../chain.ts';
import {
  argsOf,
  CorefileError,
  type Directive,
  type PluginDefinition,
  type PluginInstance,
  type SetupContext,
} from '../../corefile/index.ts';
import type { Counter } from '../../metrics.ts';
import { absolute, isInZone, zoneOf } from '../../names.ts';
import type { Query } from '../../query.ts';
import { CLASS, RCODE, TYPE, type ResourceRecord } from '../../wire/index.ts';
import { zonesOf } from '../../zones.ts';

type SearchPath = NonNullable<PluginInstance['searchPath']>;

interface AutopathOptions {
  readonly zones: readonly string[];
  readonly searchPath: SearchPath;
}

/** `autopath [ZONES…] @kubernetes|RESOLV-CONF` */
export const autopath: PluginDefinition = {
  name: 'autopath',
  setup: (directives, context) => {
    const options = readAutopath(directives, context);
    const successes = context.environment.metrics.counter({
      name: 'coredns_autopath_success_total',
      help: 'Counter of requests that did autopath.',
      labels: ['server'],
    });
    return { plugin: createPlugin(options, (server) => successes.with(server)) };
  },
};

/** The last line counts, as in CoreDNS. */
function readAutopath(directives: readonly Directive[], context: SetupContext): AutopathOptions {
  let options: AutopathOptions = { zones: context.zones, searchPath: () => undefined };
  for (const directive of directives) {
    const { args, position } = directive;
    const source = args.at(-1);
    if (source === undefined) throw new CorefileError('no resolv-conf specified', position);
    const zones = args.slice(0, -1).flatMap(zonesOf);
    options = {
      zones: zones.length === 0 ? context.zones : zones,
      searchPath: readSearchPath(source, directive, context),
    };
  }
  return options;
}

function readSearchPath(source: string, directive: Directive, context: SetupContext): SearchPath {
  const { environment, block, peer } = context;
  argsOf(directive, 1, Infinity);
  if (!source.startsWith('@')) {
    const search = environment.resolvConf(source).search.map(normal);
    return () => search;
  }
  const name = source.slice(1);
  const isThere = block.directives.some((other) => other.name === name);
  if (isThere && name !== 'kubernetes')
    throw new CorefileError(
      `${name} does not implement the AutoPather interface`,
      directive.position,
    );
  return (query) => peer(name)?.searchPath?.(query);
}

function normal(domain: string): string {
  return absolute(domain.toLowerCase());
}

function createPlugin(
  { zones, searchPath }: AutopathOptions,
  successes: (server: string) => Counter,
): Plugin {
  return (query, next) => {
    if (zoneOf(query.qname, zones) === undefined) return next(query);
    const path = searchPath(query) ?? [];
    const [first] = path;
    // The name of the search list's first domain itself has nothing in front of it to look up elsewhere.
    if (first === undefined || !isInZone(query.qname, first) || query.qname === first)
      return unstable(next(query), path.length > 0);
    const base = query.name.slice(0, query.name.length - first.length);
    const names = [...path, '.'].map((domain) => (domain === '.' ? base : base + domain));
    return walk(names, {
      query,
      next,
      onSuccess: () => successes(query.server?.address ?? '').inc(),
    });
  };
}

interface Walk {
  readonly query: Query;
  readonly next: Resolve;
  readonly onSuccess: () => void;
}

/** The first answer that is not NXDOMAIN; the very first when all are. */
function walk(names: readonly string[], context: Walk): ReturnType<Resolve> {
  const { query, next, onSuccess } = context;
  const step = (index: number, first: Answer | undefined): ReturnType<Resolve> => {
    const name = names[index];
    if (name === undefined) return first;
    return onAnswer(next({ ...query, name, qname: name.toLowerCase() }), (answer) => {
      if (answer?.error !== undefined) return answer;
      const isMiss =
        answer === undefined || answer.isBare === true || answer.rcode === RCODE.NXDOMAIN;
      if (isMiss) return step(index + 1, index === 0 ? answer : first);
      onSuccess();
      query.explain?.({ part: 'autopath', outcome: 'pass', what: `${query.name} is ${name}` });
      return withAlias(answer, query.name);
    });
  };
  return unstable(step(0, undefined), true);
}

/** Clients take records of another name when an alias of theirs leads there. */
function withAlias(answer: Answer, asked: string): Answer {
  const other = answer.answers.find(({ name }) => name.toLowerCase() !== asked.toLowerCase());
  if (other === undefined) return answer;
  const alias: ResourceRecord = {
    name: asked,
    type: TYPE.CNAME,
    class: CLASS.IN,
    ttl: other.ttl,
    rdata: { kind: 'name', target: other.name },
  };
  return { ...answer, answers: [alias, ...answer.answers] };
}

/** Answers by client are for that client. */
function unstable(answer: ReturnType<Resolve>, isByClient: boolean): ReturnType<Resolve> {
  return onAnswer(answer, (found) => {
    if (!isByClient || found?.isStable === undefined) return found;
    const { isStable: _, ...rest } = found;
    return rest;
  });
}
