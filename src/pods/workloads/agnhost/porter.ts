import type { DuplexEnd, Flow } from '../../../net/index.ts';
import type { ServedTcpPort, ServedUdpPort } from '../../workload.ts';
import { isOn, parseFlags } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';
import { serveTls } from '../tls-service.ts';
import type { Subcommand } from './subcommand.ts';

interface Port {
  readonly value: string;
  readonly isJson: boolean;
}

/** What Go takes for a page. @see Go net/http DetectContentType */
const HTML =
  /^\s*(?:<!--|<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[ >])/i;

/**
 * `agnhost porter [--json-response]`: answers with a variable's value: HTTP on each SERVE_PORT_n and SERVE_TCP_PORT_n, over
 * TLS on SERVE_TLS_PORT_n, every datagram on SERVE_UDP_PORT_n. SERVE_SCTP_PORT_n is not served: nothing carries SCTP here.
 */
export function createPorter(): Subcommand {
  const http = createHttpService<Port>({
    handle: (request, response, { container: { value, isJson } }) => {
      const body = isJson ? JSON.stringify({ Method: request.method, Body: value }) : value;
      reply(response, body, HTML.test(body) ? { contentType: 'text/html; charset=utf-8' } : {});
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
      const udp: ServedUdpPort[] = [];
      for (const [name, value] of context.env) {
        const [, kind = '', digits] = /^SERVE_(TCP_|TLS_|UDP_)?PORT_(\d+)$/.exec(name) ?? [];
        if (digits === undefined) continue;
        const port = Number(digits);
        if (kind === 'UDP_') udp.push({ port, open: answerWith(value) });
        else tcp.push({ port, accept: accept({ value, isJson }, kind === 'TLS_') });
      }
      return { tcp, udp };
    },
  };
}

function answerWith(value: string): ServedUdpPort['open'] {
  return (channel) => channel.onDatagram(() => channel.send(Buffer.from(value)));
}
