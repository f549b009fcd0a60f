/** ANY is answered with as little as can be. */
import { argsOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { CLASS, RCODE, TYPE } from '../../wire/index.ts';

/** The number of the RFC. */
const TTL = 8482;
const STRINGS = ['ANY obsoleted', 'See RFC 8482'].map((text) => Buffer.from(text));

/** `any` @see RFC 8482 §4.2 */
export const any: PluginDefinition = {
  name: 'any',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    refuseBlock(directive);
    return {
      plugin: (query, next) => {
        if (query.qtype !== TYPE.ANY) return next(query);
        const rdata = { kind: 'strings', strings: STRINGS } as const;
        const record = { name: query.name, type: TYPE.HINFO, class: CLASS.IN, ttl: TTL, rdata };
        return {
          rcode: RCODE.NOERROR,
          answers: [record],
          authority: [],
          additional: [],
          isStable: true,
        };
      },
    };
  },
};
