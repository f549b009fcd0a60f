import type { DatapathView } from '../datapath/index.ts';
import type { DialName } from '../ingress/index.ts';
import { parseIp, PodlaneError, type Connect } from '../net/index.ts';
import { flowOf, nodeCaller } from './caller.ts';
import type { Names } from './names.ts';

export interface DialNameParts {
  readonly view: DatapathView;
  readonly names: Names;
  readonly connect: Connect;
  readonly random: () => number;
}

/**
 * Connects to a name as the cluster's DNS has it, from the first Node, where the ingress is.
 *
 * @throws PodlaneError `ERR_NO_SUCH_NAME`; ConnectError of the last address.
 */
export function createDialName({ view, names, connect, random }: DialNameParts): DialName {
  return async (host, port, signal) => {
    const caller = nodeCaller(view);
    const literal = parseIp(host);
    const addresses =
      literal === undefined
        ? (await names.resolveAs(host, caller.origin)).addresses
        : [literal.text];
    let failure: unknown = new PodlaneError('ERR_NO_SUCH_NAME', `${host}: no such name`);
    for (const address of addresses) {
      try {
        return await connect(flowOf(caller, { address, port }, { random }), { signal });
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}
