import t from 'tap';
import { runProbeHandler } from '../../src/pods/probe-handler.ts';

const fail = async (what: string): Promise<never> => {
  throw new Error(`${what} is broken`);
};
/** Where nothing works. */
const TARGET = {
  podIP: '10.244.0.5',
  container: { name: 'main', image: 'web' },
  connect: ({ address, port }: { readonly address: string; readonly port: number }) =>
    fail(`${address} at ${port}`),
  resolve: async (host: string) => (host === 'nowhere' ? fail(host) : [host]),
  exec: ([program = '']: readonly string[]) => fail(program),
};

const cases = [
  { handler: { exec: { command: ['check'] } }, message: 'check is broken' },
  { handler: { tcpSocket: { port: 80 } }, message: '10.244.0.5 at 80 is broken' },
  { handler: { tcpSocket: { port: 80, host: 'nowhere' } }, message: 'nowhere is broken' },
  { handler: { httpGet: { port: 80, host: 'nowhere' } }, message: 'nowhere is broken' },
  {
    handler: { httpGet: { port: 80, path: '/up' } },
    message: 'Get "http://10.244.0.5/up": 10.244.0.5 at 80 is broken',
  },
  {
    handler: { httpGet: { port: 8080, host: 'fd00::1' } },
    message: 'Get "http://[fd00::1]:8080/": fd00::1 at 8080 is broken',
  },
  { handler: { httpGet: { port: 80, host: 'a b' } }, message: 'Invalid URL' },
  {
    handler: { grpc: { port: 90 } },
    message: 'failed to connect grpc service: 10.244.0.5 at 90 is broken',
  },
] as const;
for (const { handler, message } of cases) {
  t.test(`runProbeHandler() of ${JSON.stringify(handler)} fails`, async (t) => {
    const outcome = await runProbeHandler(handler, TARGET, new AbortController().signal);
    t.same(outcome, { isPassing: false, message });
  });
}
