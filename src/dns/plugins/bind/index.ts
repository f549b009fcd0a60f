/** The addresses that a block is served on. */
import { networkInterfaces } from 'node:os';
import { parseIp } from '../../../net/index.ts';
import { CorefileError, type Directive, type PluginDefinition } from '../../corefile/index.ts';

/** `bind ADDRESS|INTERFACE… { except ADDRESS|INTERFACE… }` */
export const bind: PluginDefinition = {
  name: 'bind',
  setup: (directives) => {
    const addresses = directives.flatMap((directive) => {
      const { args, block, position } = directive;
      if (args.length === 0)
        throw new CorefileError('at least one address or interface name is expected', position);
      const except = new Set(block.flatMap(exceptionsOf));
      return args
        .flatMap((text) => addressesOf(text, directive))
        .filter((address) => !except.has(address));
    });
    return { listen: { addresses: [...new Set(addresses)] } };
  },
};

function exceptionsOf(option: Directive): readonly string[] {
  if (option.name !== 'except')
    throw new CorefileError(`unknown property '${option.name}'`, option.position);
  if (option.args.length === 0)
    throw new CorefileError(
      'at least one address or interface must be given to except subdirective',
      option.position,
    );
  return option.args.flatMap((text) => addressesOf(text, option));
}

/** An address, or those of an interface but for link-local ones. */
function addressesOf(text: string, { position }: Directive): readonly string[] {
  const ip = parseIp(text);
  if (ip !== undefined) return [ip.text];
  const found = networkInterfaces()[text];
  if (found === undefined) throw new CorefileError(`not a valid IP address: ${text}`, position);
  return found
    .map(({ address }) => address)
    .filter((address) => !/^(169\.254\.|fe[89ab])/i.test(address));
}
