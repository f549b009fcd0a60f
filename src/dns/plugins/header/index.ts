/** Sets and clears bits of the header. */
import type { Answer } from '../../answer.ts';
import { CorefileError, type Directive, type PluginDefinition } from '../../corefile/index.ts';
import { onAnswer } from '../../chain.ts';
import type { Query } from '../../query.ts';
import { OPCODE } from '../../wire/index.ts';

/** What the bits are to be, where they are to be anything. */
interface Bits {
  readonly aa?: boolean;
  readonly ra?: boolean;
  readonly rd?: boolean;
}

/** `header { query|response set|clear aa|ra|rd… }` */
export const header: PluginDefinition = {
  name: 'header',
  setup: (directives) => {
    let query: Bits = {};
    let response: Bits = {};
    for (const rule of directives.flatMap(({ block }) => block)) {
      const { target, bits } = readRule(rule);
      if (target === 'query') query = { ...query, ...bits };
      else response = { ...response, ...bits };
    }
    const [first] = directives;
    if (first !== undefined && directives.every(({ block }) => block.length === 0))
      throw new CorefileError(
        "Wrong argument count or unexpected line ending after 'header'",
        first.position,
      );
    const reply = { ...(query.rd === undefined ? {} : { rd: query.rd }), ...response };
    return {
      // Replies repeat RD of a query, and of nothing else.
      plugin: (asked, next) =>
        onAnswer(
          next(asking(asked, query)),
          (answer) => answer && withBits(answer, asked.opcode === OPCODE.QUERY ? reply : response),
        ),
    };
  },
};

function readRule({ name, args, position }: Directive): {
  readonly target: 'query' | 'response';
  readonly bits: Bits;
} {
  const word = name.toLowerCase();
  const fail = (what: string): CorefileError =>
    new CorefileError(`setting up rule: ${what}`, position);
  // Old Corefiles speak of the response without saying so.
  const isOld = word === 'set' || word === 'clear';
  if (!isOld && word !== 'query' && word !== 'response')
    throw fail(`invalid selector=${word} should be query or response`);
  const [action = '', ...flags] = isOld ? [word, ...args] : args;
  if (action === '') throw fail('no flag action provided');
  if (flags.length === 0) throw fail('invalid length for flags, at least one should be provided');
  return {
    target: word === 'query' ? 'query' : 'response',
    bits: readBits(action.toLowerCase(), flags, fail),
  };
}

function readBits(
  verb: string,
  flags: readonly string[],
  fail: (what: string) => CorefileError,
): Bits {
  if (verb !== 'set' && verb !== 'clear')
    throw fail(`unknown flag action=${verb}, should be set or clear`);
  const names = flags.map((flag) => flag.toLowerCase());
  const stranger = names.find((flag) => !['aa', 'ra', 'rd'].includes(flag));
  if (stranger !== undefined) throw fail(`unknown/unsupported flag=${stranger}`);
  return Object.fromEntries(names.map((flag) => [flag, verb === 'set']));
}

function asking(query: Query, { rd }: Bits): Query {
  return rd === undefined ? query : { ...query, isRecursionDesired: rd };
}

function withBits(answer: Answer, { aa, ra, rd }: Bits): Answer {
  return {
    ...answer,
    ...(aa === undefined ? {} : { isAuthoritative: aa }),
    ...(ra === undefined ? {} : { isRecursionAvailable: ra }),
    ...(rd === undefined ? {} : { isRecursionDesired: rd }),
  };
}
