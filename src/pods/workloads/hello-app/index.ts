import { imageTag } from '../../image.ts';
import type { Workload, WorkloadContext } from '../../workload.ts';
import { numberOf } from '../flags.ts';
import { createHttpService, reply } from '../http-service.ts';
import { goLine } from '../log-lines.ts';

interface HelloContainer {
  readonly pod: WorkloadContext;
  readonly version: string;
}

/** @see GoogleCloudPlatform/kubernetes-engine-samples, hello-app */
export function createHelloAppWorkload(): Workload {
  const http = createHttpService<HelloContainer>({
    handle: (request, response, { container }) => {
      const { version, pod } = container;
      reply(response, `Hello, world!\nVersion: ${version}\nHostname: ${pod.hostname}\n`);
      pod.print(goLine(`Serving request: ${request.url?.split('?')[0] ?? '/'}`, pod.clock.now()));
    },
  });
  return {
    name: 'hello-app',
    images: ['google-samples/hello-app', 'google_samples/hello-app', 'hello-app'],
    serve: ({ container: { image = '' }, env }, pod) => {
      const port = numberOf(env.get('PORT'), 8080);
      const container = { pod, version: versionOf(imageTag(image)) };
      pod.print(goLine(`Server listening on port ${port}`, pod.clock.now()));
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
