/** Queries written anew on their way in, and answers put back on their way out. */
import { failure, type Answer } from '../../answer.ts';
import { onAnswer, type Plugin } from '../../chain.ts';
import type { PluginDefinition, SetupContext } from '../../corefile/index.ts';
import type { Query } from '../../query.ts';
import { parseName, RCODE, WireError } from '../../wire/index.ts';
import { readRule } from './read-rule.ts';
import { revert, unstable } from './revert.ts';
import type { ResponseRule, Rule } from './rule.ts';

/** `rewrite [stop|continue] name|type|class|ttl|rcode|cname|edns0 …` */
export const rewrite: PluginDefinition = {
  name: 'rewrite',
  setup: (directives, { resolve }) => ({
    plugin: createPlugin(directives.map(readRule), resolve),
  }),
};

/** Applies rules in order, on the way in and out. */
export function createPlugin(rules: readonly Rule[], resolve: SetupContext['resolve']): Plugin {
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
      if (rule.isLast) break;
    }
    if (!isChanged) return onAnswer(next(asked), forThisSpelling);
    explain(asked, query);
    return onAnswer(next(query), (answer) => {
      if (answer === undefined) return undefined;
      const { isBare: _, ...written } = query.metadata === undefined ? answer : unstable(answer);
      return revert(forThisSpelling(written), responses, { query, resolve });
    });
  };
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
