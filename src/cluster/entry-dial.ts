import type { Store } from '../api/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import type { EntryDial } from '../entry/index.ts';
import { parseIp, PodlaneError, type Connect } from '../net/index.ts';
import { flowOf, nodeCaller, podCaller } from './caller.ts';
import type { Names } from './names.ts';

export interface EntryDialOptions {
  readonly store: Store;
  readonly view: DatapathView;
  readonly names: Names;
  readonly connect: Connect;
  readonly random: () => number;
}

/** How the entry reaches what its clients name: as the Pod that the user name names, else as the first Node. */
export function createEntryDial({
  store,
  view,
  names,
  connect,
  random,
}: EntryDialOptions): EntryDial {
  return async ({ host, port, user }, signal) => {
    const caller = user === undefined ? nodeCaller(view) : podCaller(store, user);
    const literal = parseIp(host);
    const addresses =
      literal === undefined
        ? (await names.resolveAs(host, caller.origin)).addresses
        : [literal.text];
    if (addresses.length === 0)
      throw new PodlaneError(
        'ERR_NO_SUCH_NAME',
        `${host}: no such name as ${caller.text} asks for it`,
      );
    let failure: unknown;
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
