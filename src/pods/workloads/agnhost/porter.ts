import type { DuplexEnd, Flow } from '../../../net/index.ts';
import type { ServedTcpPort } from '../../workload.ts';
import { isOn, parseFlags } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';
import { serveTls } from '../tls-service.ts';
import type { Subcommand } from './subcommand.ts';

interface Port {
  readonly value: string;
  readonly isJson: boolean;
}

/** `agnhost porter [--json-response]`: answers on each SERVE_PORT_n and SERVE_TLS_PORT_n with that variable's value. */
export function createPorter(): Subcommand {
  const http = createHttpService<Port>({
    handle: (request, response, { container: { value, isJson } }) => {
      reply(response, isJson ? JSON.stringify({ Method: request.method, Body: value }) : value);
    },
  });
  const accept =
    (port: Port, isTls: boolean) =>
    (socket: DuplexEnd, flow: Flow): void => {
      if (isTls) serveTls(socket, (plain) => http.accept(plain, flow, port));
      else http.accept(socket, flow, port);
    };
  return {
    run: ({ args, context }) => {
      const isJson = isOn(parseFlags(args, ['json-response']), 'json-response');
      const tcp: ServedTcpPort[] = [];
      for (const [name, value] of context.env) {
        const match = /^SERVE_(TLS_)?PORT_(\d+)$/.exec(name);
        if (match === null) continue;
        const [, tls, port] = match;
        tcp.push({ port: Number(port), accept: accept({ value, isJson }, tls !== undefined) });
      }
      return { tcp, udp: [] };
    },
  };
}
