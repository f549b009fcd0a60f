import type { Flow } from '../../../../src/net/index.ts';
import type { VerdictCase } from './cases.ts';
import { controlOf } from './control.ts';
import { inPod } from './in-pod.ts';
import type { RunningCluster } from './running.ts';
import { tcpWays } from './tcp-ways.ts';
import { udpWays } from './udp-ways.ts';

/** One way on which a row's connection can be made for real. */
export interface Way {
  readonly name: string;
  /** `allow` for an answer, `deny` for silence beside an answered control, else what came. */
  readonly ask: () => Promise<string>;
  /** Opens the connection; what it gives tells whether it carries bytes then. */
  readonly open: () => Promise<() => Promise<boolean>>;
}

/** Every way that the row's connection can take; none for what is not carried. */
export function ways(row: VerdictCase, flow: Flow, running: RunningCluster): readonly Way[] {
  if (flow.protocol === 'SCTP') return [];
  const control = controlOf(flow, running);
  if (control === undefined) return [];
  const about = { row, control, running };
  const own = flow.protocol === 'UDP' ? udpWays(flow, about) : tcpWays(flow, about);
  return [...own, ...inPod(flow, about)];
}
