import { failure, type Answer } from './answer.ts';
import type { Query } from './query.ts';
import { RCODE } from './wire/index.ts';

/**
 * Answers a query; synchronously where nothing waits. undefined is silence.
 */
export type Resolve = (query: Query) => Answer | undefined | Promise<Answer | undefined>;

/** One link of the chain: answers, or hands on with `next`, changing what it likes on either way. */
export type Plugin = (query: Query, next: Resolve) => ReturnType<Resolve>;

/** Plugins in order, as one. When none answers, the answer is SERVFAIL, as CoreDNS says it. */
export function composeChain(plugins: readonly Plugin[]): Resolve {
  const end: Resolve = (query) => {
    query.explain?.({ part: 'dns', outcome: 'fail', what: `no plugin answers ${query.name}` });
    return { ...failure(RCODE.SERVFAIL), error: 'no next plugin found' };
  };
  return plugins.reduceRight<Resolve>((next, plugin) => (query) => plugin(query, next), end);
}

/** `change` of an answer, at once where it is there already. */
export function onAnswer(
  answer: ReturnType<Resolve>,
  change: (answer: Answer | undefined) => ReturnType<Resolve>,
): ReturnType<Resolve> {
  return answer instanceof Promise ? answer.then(change) : change(answer);
}

/** Plugins in order, as one link of a chain. */
export function composePlugins(plugins: readonly Plugin[]): Plugin {
  return (query, next) =>
    plugins.reduceRight<Resolve>((after, plugin) => (asked) => plugin(asked, after), next)(query);
}
