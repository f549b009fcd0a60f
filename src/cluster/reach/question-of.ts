import { PodlaneError, type Protocol } from '../../net/index.ts';
import { outsideCaller, podCaller, type Caller } from '../caller.ts';
import type { Cluster } from '../create-cluster.ts';
import { findTarget } from './find-target.ts';
import type { ReachQuestion } from './probe.ts';
import { targetPort } from './target-port.ts';

/** A flow in a person's words. */
export interface FlowWords {
  /** A Pod, or `outside`, which is the same as nobody. */
  readonly from?: string | undefined;
  readonly to: string;
  readonly port?: string | undefined;
  readonly protocol?: Protocol | undefined;
  readonly namespace: string;
}

/** Who is to reach whom. @throws PodlaneError where somebody is not there, or has no such port. */
export function questionOf(cluster: Cluster, words: FlowWords): ReachQuestion {
  const { from, to, namespace } = words;
  const caller = callerOf(cluster, from, namespace);
  const { origin } = caller;
  // Short names mean what they mean to who asks.
  const home = origin.kind === 'pod' ? origin.namespace : namespace;
  const { target, ...written } = findTarget(cluster.store, to, home);
  const wish = {
    port: written.port ?? words.port,
    protocol: written.protocol ?? words.protocol,
  };
  const port = targetPort(target, wish);
  if (port !== undefined) return { caller, target, port };
  throw new PodlaneError('ERR_OPTION', `${target.text} has no port called "${wish.port}"`, {
    hint: 'Give the number of the port.',
  });
}

function callerOf(cluster: Cluster, from: string | undefined, namespace: string): Caller {
  if (from === undefined || from === 'outside') return outsideCaller(cluster.view);
  return podCaller(cluster.store, from, namespace);
}
