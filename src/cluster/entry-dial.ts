import type { Store } from '../api/index.ts';
import type { DatapathView } from '../datapath/index.ts';
import type { EntryDial } from '../entry/index.ts';
import { parseIp, PodlaneError, type Connect } from '../net/index.ts';
import { flowOf, nodeCaller, podCaller } from './caller.ts';
import { dialDoor } from './dial-door.ts';
import { denialsIn } from './dns-denial.ts';
import { ingressDoorOf, type IngressDoorParts } from './ingress-door.ts';

export interface EntryDialOptions extends IngressDoorParts {
  readonly store: Store;
  readonly view: DatapathView;
  readonly connect: Connect;
  readonly random: () => number;
}

/**
 * How the entry reaches what its clients name: as the Pod that the user name names, else as the first Node.
 *
 * Hosts of Ingresses are not in the cluster's DNS: who acts as no Pod reaches them from outside, through the ingress.
 */
export function createEntryDial(options: EntryDialOptions): EntryDial {
  const { store, view, names, connect, random } = options;
  return async ({ host, port, user }, signal) => {
    const door = user === undefined ? await ingressDoorOf(options, { host, port }) : undefined;
    if (door !== undefined) {
      const note = `${host} is a host of an Ingress: sent to the ingress at ${door.address}:${door.port}, from outside`;
      return { connection: await dialDoor(door, signal), note };
    }
    const caller = user === undefined ? nodeCaller(view) : podCaller(store, user);
    const literal = parseIp(host);
    const { addresses, steps } =
      literal === undefined
        ? await names.resolveAs(host, caller.origin)
        : { addresses: [literal.text], steps: [] };
    if (addresses.length === 0) {
      const [denial] = denialsIn(steps);
      const why =
        denial === undefined
          ? `no such name as ${caller.text} asks for it`
          : `${caller.text} cannot look it up, DNS is denied: ${denial.what}`;
      throw new PodlaneError('ERR_NO_SUCH_NAME', `${host}: ${why}`);
    }
    let failure: unknown;
    for (const address of addresses) {
      try {
        const flow = flowOf(caller, { address, port }, { random });
        return { connection: await connect(flow, { signal }) };
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}
