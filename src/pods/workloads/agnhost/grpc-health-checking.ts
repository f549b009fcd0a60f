import { numberFlag, parseFlags } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';
import { createHttp2Service, type GrpcHealth } from '../http2-service.ts';
import type { Subcommand } from './subcommand.ts';

interface HealthServer {
  /** The one service that it knows besides ''. */
  readonly service: string;
  health: GrpcHealth;
}

const SWITCHES: Readonly<Record<string, GrpcHealth>> = {
  '/make-serving': 'SERVING',
  '/make-not-serving': 'NOT_SERVING',
};

/** `agnhost grpc-health-checking [--port 5000] [--http-port 8080] [--service S] [--delay-unhealthy-sec -1]` */
export function createGrpcHealthChecking(): Subcommand {
  const http = createHttpService<HealthServer>({
    handle: (request, response, { container }) => {
      const health = SWITCHES[request.url ?? ''];
      if (health === undefined) return reply(response, '404 page not found\n', { status: 404 });
      container.health = health;
      reply(response, '');
    },
  });
  const grpc = createHttp2Service<HealthServer>({
    describe: () => '',
    health: (service, { container }) =>
      service === '' || service === container.service ? container.health : undefined,
  });
  return {
    run: ({ args, pod }) => {
      const flags = parseFlags(args);
      const server: HealthServer = {
        service: flags.values.get('service') ?? '',
        health: 'SERVING',
      };
      const delaySeconds = numberFlag(flags, 'delay-unhealthy-sec', -1);
      const turn = (): void => void (server.health = 'NOT_SERVING');
      const timer = delaySeconds < 0 ? undefined : pod.clock.setTimer(delaySeconds * 1000, turn);
      return {
        tcp: [
          {
            port: numberFlag(flags, 'port', 5000),
            accept: (socket, flow) => grpc.accept(socket, flow, server),
          },
          {
            port: numberFlag(flags, 'http-port', 8080),
            accept: (socket, flow) => http.accept(socket, flow, server),
          },
        ],
        udp: [],
        dispose: () => timer?.[Symbol.dispose](),
      };
    },
  };
}
