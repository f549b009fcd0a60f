/** Queries written anew on their way in, and answers put back on their way out. */
import { failure, type Answer } from '../../answer.ts';
import { onAnswer, type Plugin } from '../../chain.ts';
import type { PluginDefinition, SetupContext } from '../../corefile/index.ts';
import type { Query } from '../../query.ts';
import { parseName, RCODE, WireError, type Edns } from '../../wire/index.ts';
import { supportedOption } from './edns-rule.ts';
import { readRule } from './read-rule.ts';
import { revert, unstable } from './revert.ts';
import type { ResponseRule, Rule } from './rule.ts';

/** `rewrite [stop|continue] name|type|class|ttl|rcode|cname|edns0 …` */
export const rewrite: PluginDefinition = {
  name: 'rewrite',
  setup: (directives, { resolve }) => ({
    plugin: createPlugin(directives.map(readRule), {
      resolve,
      supported: new Set(directives.map(supportedOption)),
    }),
  }),
};

interface Context extends Pick<SetupContext, 'resolve'> {
  /** Options that are sent back. @see supportedOption */
  readonly supported: ReadonlySet<number | undefined>;
}

/** Applies rules in order, on the way in and out. */
export function createPlugin(rules: readonly Rule[], { resolve, supported }: Context): Plugin {
  return (asked, next) => {
    let query: Query = asked;
    const responses: ResponseRule[] = [];
    let isChanged = false;
    for (const rule of rules) {
      const rewritten = rule.rewrite(query);
      if (rewritten === undefined) continue;
      const named = withValidName(rewritten.query, query);
      if (named === undefined) {
        const error = `invalid name after rewrite: ${rewritten.query.name}`;
        return { ...failure(RCODE.SERVFAIL), error };
      }
      query = named;
      responses.push(...rewritten.responses);
      isChanged = true;
      if (rule.isLast && rewritten.isIdle !== true) break;
    }
    const edns = { asked: asked.edns, seen: query.edns, supported };
    if (!isChanged)
      return onAnswer(next(asked), (answer) => answer && withEdns(forThisSpelling(answer), edns));
    explain(asked, query);
    return onAnswer(next(query), (answer) => {
      if (answer === undefined) return undefined;
      const { isBare: _, ...written } = query.metadata === undefined ? answer : unstable(answer);
      const reverted = revert(forThisSpelling(written), responses, { query, resolve });
      return onAnswer(reverted, (changed) => changed && withEdns(changed, edns));
    });
  };
}

interface EdnsChange extends Pick<Context, 'supported'> {
  readonly asked: Edns | undefined;
  /** By the plugins behind this one. */
  readonly seen: Edns | undefined;
}

/** A reply has the OPT record of its query, in which CoreDNS leaves what it was told of; one of its own stays. */
function withEdns(answer: Answer, { asked, seen, supported }: EdnsChange): Answer {
  if (seen === undefined) return answer;
  const options = seen.options.filter(({ code }) => supported.has(code));
  const isOwn = answer.ednsOptions !== undefined || options.length === 0;
  const changed = isOwn ? answer : { ...answer, ednsOptions: options };
  if (asked !== undefined || answer.ownEdns !== undefined) return changed;
  const { udpSize, isDnssecOk } = seen;
  return { ...changed, ownEdns: { udpSize, isDnssecOk, isOfQuery: true } };
}

/** Rules compare names as they are spelt. */
function forThisSpelling<T extends Answer | undefined>(answer: T): T {
  return answer?.isCaseless === true ? { ...answer, isCaseless: false } : answer;
}

/** `query` with its name as names are written; undefined when it has none that can be. */
function withValidName(query: Query, before: Query): Query | undefined {
  if (query.name === before.name) return query;
  try {
    const name = parseName(query.name, '.');
    return { ...query, name, qname: name.toLowerCase() };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function explain(asked: Query, query: Query): void {
  if (asked.name === query.name && asked.qtype === query.qtype) return;
  asked.explain?.({
    part: 'rewrite',
    outcome: 'pass',
    what: `${asked.name} is asked as ${query.name}`,
  });
}
