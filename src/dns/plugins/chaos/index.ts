/** Who runs here: `version.bind` and its like, in class CHAOS. */
import { hostname } from 'node:os';
import { onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { CLASS, RCODE, TYPE } from '../../wire/index.ts';

const DEFAULT_VERSION = 'CoreDNS-1.15.0';
/** A character-string holds no more. */
const MAX_TEXT = 255;

/** `chaos [VERSION [AUTHORS…]]` */
export const chaos: PluginDefinition = {
  name: 'chaos',
  setup: (directives, { environment: { random } }) => {
    const directive = onlyOnce(directives);
    refuseBlock(directive);
    const [version = DEFAULT_VERSION, ...authors] = directive.args;
    const names = [...new Set(authors)].toSorted();
    const texts = new Map<string, () => readonly string[]>([
      ['authors.bind.', () => rotated(names, random)],
      ['version.bind.', () => [version]],
      ['version.server.', () => [version]],
      ['hostname.bind.', () => [hostname()]],
      ['id.server.', () => [hostname()]],
    ]);
    return {
      hasAllClasses: true,
      plugin: (query, next) => {
        const isAsked = query.qclass === CLASS.CH && query.qtype === TYPE.TXT;
        const read = isAsked ? texts.get(query.qname) : undefined;
        if (read === undefined) return next(query);
        const answers = read().map((text) => ({
          name: query.name,
          type: TYPE.TXT,
          class: CLASS.CH,
          ttl: 0,
          rdata: {
            kind: 'strings' as const,
            strings: [Buffer.from(text).subarray(0, MAX_TEXT)],
          },
        }));
        return { rcode: RCODE.NOERROR, answers, authority: [], additional: [] };
      },
    };
  },
};

function rotated(names: readonly string[], random: () => number): readonly string[] {
  const first = Math.floor(random() * names.length);
  return [...names.slice(first), ...names.slice(0, first)];
}
