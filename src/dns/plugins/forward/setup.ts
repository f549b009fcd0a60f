import {
  argsOf,
  CorefileError,
  readInteger,
  readOptions,
  type Directive,
  type PluginDefinition,
  type SetupContext,
} from '../../corefile/index.ts';
import { composePlugins } from '../../chain.ts';
import { createForward, type Forward, type ForwardOptions } from './index.ts';
import { parseUpstream, type Upstream } from './upstream.ts';

const MAX_UPSTREAMS = 15;

/** `forward FROM TO… { except | force_tcp | prefer_udp | max_concurrent }` */
export const forward: PluginDefinition = {
  name: 'forward',
  setup: (directives, context) => {
    const stanzas = directives.map((directive) => setUpStanza(directive, context));
    return {
      plugin: composePlugins(stanzas.map(({ plugin }) => plugin)),
      hasAllClasses: true,
      [Symbol.asyncDispose]: async () => {
        for (const stanza of stanzas) stanza[Symbol.dispose]();
      },
    };
  },
};

function setUpStanza(directive: Directive, { environment }: SetupContext): Forward {
  const [from = '.', ...to] = argsOf(directive, 2, Infinity);
  if (to.length > MAX_UPSTREAMS)
    throw new CorefileError(`more than 15 TOs configured: ${to.length}`, directive.position);
  const { clock, random, ownAddresses, resolvConf } = environment;
  const upstreams = to.flatMap((text) => upstreamsOf(text, directive, resolvConf));
  let options: ForwardOptions = { upstreams, from, clock, random, ownAddresses };
  readOptions(directive, {
    except: (option) => {
      options = { ...options, except: argsOf(option, 1, Infinity) };
    },
    force_tcp: () => {
      options = { ...options, forceTcp: true };
    },
    prefer_udp: () => {
      options = { ...options, preferUdp: true };
    },
    max_concurrent: (option) => {
      const [text = ''] = argsOf(option, 1);
      const bounds = { min: 0, max: 1e9, what: 'max_concurrent' };
      options = { ...options, maxConcurrent: readInteger(text, option, bounds) };
    },
  });
  return createForward(options);
}

function upstreamsOf(
  text: string,
  directive: Directive,
  resolvConf: SetupContext['environment']['resolvConf'],
): readonly Upstream[] {
  const one = parseUpstream(text);
  if (one !== undefined) return [one];
  if (!text.startsWith('/'))
    throw new CorefileError(`not an IP address or file: "${text}"`, directive.position);
  return resolvConf(text).nameservers.flatMap((nameserver) => parseUpstream(nameserver) ?? []);
}
