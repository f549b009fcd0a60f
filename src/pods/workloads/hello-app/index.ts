import { imageTag } from '../../image.ts';
import type { Workload } from '../../workload.ts';
import { numberOf } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';

interface HelloContainer {
  readonly hostname: string;
  readonly version: string;
}

/** @see GoogleCloudPlatform/kubernetes-engine-samples, hello-app */
export function createHelloAppWorkload(): Workload {
  const http = createHttpService<HelloContainer>({
    handle: (_request, response, { container }) => {
      const { version, hostname } = container;
      reply(response, `Hello, world!\nVersion: ${version}\nHostname: ${hostname}\n`);
    },
  });
  return {
    name: 'hello-app',
    images: ['google-samples/hello-app', 'google_samples/hello-app', 'hello-app'],
    serve: ({ container: { image = '' }, env }, { hostname }) => {
      const port = numberOf(env.get('PORT'), 8080);
      const container = { hostname, version: versionOf(imageTag(image)) };
      return {
        tcp: [{ port, accept: (socket, flow) => http.accept(socket, flow, container) }],
        udp: [],
      };
    },
  };
}

/** `1.0` says that it is version 1.0.0, `2.0` 2.0.0. */
function versionOf(tag: string): string {
  if (/^\d+\.\d+$/.test(tag)) return `${tag}.0`;
  return /^\d+\.\d+\.\d+$/.test(tag) ? tag : '1.0.0';
}
