import { isOn, numberFlag, parseFlags } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';
import { klogLine } from '../log-lines.ts';
import type { Subcommand } from './subcommand.ts';

interface Server {
  readonly hostname: string;
  readonly isClosing: boolean;
}

/** `agnhost serve-hostname [--http] [--tcp] [--udp] [--port 9376] [--close]` */
export function createServeHostname(): Subcommand {
  const http = createHttpService<Server>({
    handle: (_request, response, { container }) => {
      if (container.isClosing) response.setHeader('Connection', 'close');
      reply(response, container.hostname);
    },
  });
  return {
    run: ({ args, pod }) => {
      const flags = parseFlags(args, ['http', 'tcp', 'udp', 'close']);
      const { hostname } = pod;
      const port = numberFlag(flags, 'port', 9376);
      pod.print(klogLine(`Serving on port ${port}.`, pod.clock.now()), 'stderr');
      const isTcp = isOn(flags, 'tcp');
      const isHttp = flags.values.get('http') !== 'false' && !isTcp;
      const server: Server = { hostname, isClosing: isOn(flags, 'close') };
      return {
        tcp:
          isHttp || isTcp
            ? [
                {
                  port,
                  accept: (socket, flow) => {
                    if (isHttp) http.accept(socket, flow, server);
                    else socket.end(`${hostname}\n`);
                  },
                },
              ]
            : [],
        udp: isOn(flags, 'udp')
          ? [
              {
                port,
                open: (channel) =>
                  channel.onDatagram(() => channel.send(Buffer.from(`${hostname}\n`))),
              },
            ]
          : [],
      };
    },
  };
}
