import { argsOf, readInteger, readOptions, type Directive } from '../../corefile/index.ts';
import { zonesOf } from '../../zones.ts';

/** What a Corefile says with `k8s_external`. */
export interface ExternalOptions {
  readonly zones: readonly string[];
  /** Label of the name servers' names. */
  readonly apex: string;
  readonly ttl: number;
  /** Headless Services are shown by their endpoints. */
  readonly isHeadless: boolean;
  /** Zones in which names that do not exist go on. */
  readonly fallthrough: readonly string[];
}

const MAX_TTL = 3600;

/** @throws CorefileError */
export function readExternal(
  directives: readonly Directive[],
  blockZones: readonly string[],
): ExternalOptions {
  let options: ExternalOptions = {
    zones: blockZones,
    apex: 'dns',
    ttl: 5,
    isHeadless: false,
    fallthrough: [],
  };
  for (const directive of directives) {
    const { args } = directive;
    options = { ...options, zones: args.length === 0 ? blockZones : args.flatMap(zonesOf) };
    readOptions(directive, {
      ttl: (option) => {
        const [text = ''] = argsOf(option, 1, Infinity);
        options = {
          ...options,
          ttl: readInteger(text, option, { min: 0, max: MAX_TTL, what: 'ttl' }),
        };
      },
      apex: (option) => {
        const [apex = ''] = argsOf(option, 1, Infinity);
        options = { ...options, apex };
      },
      headless: () => {
        options = { ...options, isHeadless: true };
      },
      fallthrough: (option) => {
        const fallthrough = option.args.length === 0 ? ['.'] : option.args.flatMap(zonesOf);
        options = { ...options, fallthrough };
      },
    });
  }
  return options;
}
