/** Who asks: address, port and transport of the client. */
import { argsOf, onlyOnce, refuseBlock, type PluginDefinition } from '../../corefile/index.ts';
import { RCODE, TYPE } from '../../wire/index.ts';

/** `whoami` */
export const whoami: PluginDefinition = {
  name: 'whoami',
  setup: (directives) => {
    const directive = onlyOnce(directives);
    argsOf(directive, 0);
    refuseBlock(directive);
    return {
      plugin: ({ name, qclass, client }) => {
        const { address, port, transport } = client;
        const proto = transport === 'udp' ? 'udp' : 'tcp';
        const owner = { class: qclass, ttl: 0 };
        const host = {
          ...owner,
          name,
          type: address.includes(':') ? TYPE.AAAA : TYPE.A,
          rdata: { kind: 'address', address } as const,
        };
        const service = {
          ...owner,
          name: name === '.' ? `_${proto}.` : `_${proto}.${name}`,
          type: TYPE.SRV,
          rdata: { kind: 'srv', priority: 0, weight: 0, port, target: '.' } as const,
        };
        return {
          rcode: RCODE.NOERROR,
          isAuthoritative: true,
          answers: [],
          authority: [],
          additional: [host, service],
        };
      },
    };
  },
};
