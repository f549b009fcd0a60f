import { isLoopback, loopbackAlias, type Flow } from '../../../../src/net/index.ts';
import type { RunningCluster } from './running.ts';

/** A connection as two loopback addresses of this host make it. */
export interface AliasPlace {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** Where this host has both ends of a flow; empty where it has not. */
export function aliasesOf(flow: Flow, running: RunningCluster): readonly AliasPlace[] {
  const { options, plan } = running.cluster;
  const { origin, source, destination } = flow;
  const to = loopbackAlias(destination.address, plan);
  // Of the outside those that are addresses of this host.
  const ofOutside = isLoopback(source.address) ? source.address : undefined;
  const from = origin.kind === 'outside' ? ofOutside : loopbackAlias(source.address, plan);
  if (!options.hasAliases || to === undefined || from === undefined) return [];
  const port = listenedPort(flow, to, running);
  return port === undefined ? [] : [{ from, to, port }];
}

/** The port on which the program listens for `flow` at `alias`. */
function listenedPort(
  { protocol, destination: { address, port } }: Flow,
  alias: string,
  { cluster: { view, backend } }: RunningCluster,
): number | undefined {
  const frontend =
    view.services.find(protocol, address, port) ?? view.services.findNodePort(protocol, port);
  if (frontend === undefined) {
    const [pod] = view.pods.byAddress(address);
    const isListened = pod?.ports.some((own) => own.port === port && own.protocol === protocol);
    // Who may not listen below 1024 is found elsewhere; where, the program tells of Services alone.
    return isListened === true && process.getuid?.() === 0 ? port : undefined;
  }
  const { namespace, service } = frontend.port;
  return backend
    ?.reachOf(namespace, service)
    .find(
      (way) =>
        way.address === alias &&
        way.protocol === protocol &&
        (way.servicePort === port || way.port === port) &&
        way.reason === undefined,
    )?.port;
}
