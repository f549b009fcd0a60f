import type { Flow } from '../../../../src/net/index.ts';
import type { About } from './control.ts';
import type { Way } from './ways.ts';

/** How long a program in the Pod waits; longer before silence is believed where an answer is expected. */
const TIMEOUTS = { deny: ['30ms'], allow: ['100ms', '5s'] } as const;

/** As a program in the Pod makes it: `kubectl exec POD -- /agnhost connect`. */
export function inPod(flow: Flow, { row, running }: About): readonly Way[] {
  const { origin, protocol, destination } = flow;
  if (origin.kind !== 'pod' || !hasAgnhost(origin, running)) return [];
  // It sends its own words, which no DNS server answers.
  if (protocol === 'UDP' && destination.port === 53) return [];
  const { namespace, name } = origin;
  const target = `${destination.address}:${destination.port}`;
  const options = [`--protocol=${protocol.toLowerCase()}`];
  const connect = async (timeout: string): Promise<string> => {
    const command = ['/agnhost', 'connect', `--timeout=${timeout}`, ...options, target];
    const result = await running.cluster.kubelets.exec({ namespace, name }, command);
    if (result?.exitCode === 0) return 'allow';
    return result?.stderr.startsWith('TIMEOUT') === true ? 'deny' : `failed: ${result?.stderr}`;
  };
  const ask = async (): Promise<string> => {
    let verdict = 'not asked';
    for (const timeout of TIMEOUTS[row.expect]) {
      verdict = await connect(timeout);
      if (verdict === row.expect) return verdict;
    }
    return verdict;
  };
  return [{ name: 'in the Pod', ask, open: async () => async () => (await ask()) === 'allow' }];
}

function hasAgnhost(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { cluster: { store } }: About['running'],
): boolean {
  const [container] = store.get('Pod', namespace, name)?.spec?.containers ?? [];
  return container?.image?.includes('agnhost') === true;
}
