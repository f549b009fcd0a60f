import type { ServedContainer, Workload } from '../../workload.ts';
import { programArgs } from '../flags.ts';
import { createConnectCommand } from './connect.ts';
import { createGrpcHealthChecking } from './grpc-health-checking.ts';
import { createGuestbook } from './guestbook.ts';
import { createNetexec } from './netexec.ts';
import { createNettest } from './nettest.ts';
import { createNoSnatTest } from './no-snat-test.ts';
import { createPorter } from './porter.ts';
import { printCommand } from './print-command.ts';
import { createServeHostname } from './serve-hostname.ts';
import { createSmallServers } from './small-servers.ts';
import type { Subcommand } from './subcommand.ts';

/** @see kubernetes test/images/agnhost */
export function createAgnhostWorkload(): Workload {
  const subcommands: ReadonlyMap<string, Subcommand> = new Map<string, Subcommand>([
    ['connect', createConnectCommand()],
    ['dns-server-list', printCommand(({ pod }) => pod.resolvConf().nameservers.join(','))],
    ['dns-suffix', printCommand(({ pod }) => pod.resolvConf().searches.join(','))],
    ['etc-hosts', printCommand(({ pod }) => pod.hostsFile())],
    ['grpc-health-checking', createGrpcHealthChecking()],
    ['guestbook', createGuestbook()],
    ['netexec', createNetexec()],
    ['nettest', createNettest()],
    ['no-snat-test', createNoSnatTest()],
    ['pause', pause],
    ['porter', createPorter()],
    ['serve-hostname', createServeHostname()],
    ...createSmallServers(),
  ]);
  return {
    name: 'agnhost',
    images: ['agnhost'],
    serve: (context, pod) => {
      const [name = 'pause', ...args] = programArgs(context, 'agnhost');
      const subcommand = subcommands.get(name);
      if (subcommand === undefined) {
        const message = `Error: unknown command "${name}" for "app"`;
        pod.print(message, 'stderr');
        pod.exit(1, message);
        return { tcp: [], udp: [] };
      }
      const served = subcommand.run({ args, context, pod });
      return {
        ...served,
        exec: (command) => {
          const [program = '', sub = '', ...rest] = command;
          const known = /(^|\/)agnhost$/.test(program) ? subcommands.get(sub) : undefined;
          return known?.exec?.({ args: rest, context, pod }) ?? served.exec?.(command);
        },
      };
    },
  };
}

/** @see agnhost pause: SIGTERM ends it with 2 */
const pause: Subcommand = {
  run: ({ pod }): ServedContainer => ({ tcp: [], udp: [], terminate: () => pod.exit(2) }),
};
