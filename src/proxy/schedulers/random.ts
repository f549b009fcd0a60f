import type { ServiceEndpoint } from '../service.ts';
import type { ScheduleInput } from './scheduler.ts';

/** Any one, all alike: what kube-proxy does with iptables and nftables. */
export function random({
  candidates,
  random: next,
}: Pick<ScheduleInput, 'candidates' | 'random'>): ServiceEndpoint | undefined {
  return candidates[Math.floor(next() * candidates.length)];
}
