import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ContainerContext, Workload, WorkloadContext } from '../../workload.ts';
import { requestUrl } from '../go-http.ts';
import { createHttpService, reply, type Visit } from '../http-service.ts';
import { combinedLine, commonLine, goLine } from '../log-lines.ts';

/** How one web server's image is set up. */
interface Flavor {
  readonly name: string;
  readonly images: readonly string[];
  readonly port: number;
  /** Where its pages are. */
  readonly root: string;
  /** A volume here replaces its configuration, which nobody reads here. */
  readonly configuration: string;
}

interface WebContainer {
  readonly flavor: Flavor;
  readonly context: ContainerContext;
  readonly pod: WorkloadContext;
  /** Its configuration is somebody's own: every path may mean something. */
  readonly isConfigured: boolean;
}

const NGINX = {
  name: 'nginx',
  root: '/usr/share/nginx/html',
  configuration: '/etc/nginx',
} as const;
const HTTPD = {
  name: 'httpd',
  root: '/usr/local/apache2/htdocs',
  configuration: '/usr/local/apache2/conf',
} as const;

const FLAVORS: readonly Flavor[] = [
  { ...NGINX, images: ['nginxinc/nginx-unprivileged', 'nginx-unprivileged'], port: 8080 },
  {
    ...NGINX,
    images: ['bitnami/nginx'],
    port: 8080,
    root: '/app',
    configuration: '/opt/bitnami/nginx/conf',
  },
  {
    ...HTTPD,
    images: ['bitnami/apache'],
    port: 8080,
    root: '/app',
    configuration: '/opt/bitnami/apache/conf',
  },
  { ...NGINX, images: ['nginx', 'nginx-slim', 'nginxdemos/hello'], port: 80 },
  { ...HTTPD, images: ['httpd'], port: 80 },
];

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  css: 'text/css',
  html: 'text/html',
  js: 'application/javascript',
  json: 'application/json',
  svg: 'image/svg+xml',
  txt: 'text/plain',
};

/** nginx and httpd: the pages of a mounted volume, or a welcome page that names the Pod. */
export function createWebServerWorkloads(): readonly Workload[] {
  const http = createHttpService<WebContainer>({ handle: answer });
  return FLAVORS.map((flavor) => ({
    name: flavor.name,
    images: flavor.images,
    directories: [flavor.root, flavor.configuration],
    serve: (context, pod) => {
      const { volumeMounts = [], ports = [] } = context.container;
      const isConfigured = volumeMounts.some(({ mountPath }) =>
        mountPath.startsWith(flavor.configuration),
      );
      const declared = ports
        .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
        .map(({ containerPort }) => containerPort);
      const listening = isConfigured && declared.length > 0 ? declared : [flavor.port];
      const container: WebContainer = { flavor, context, pod, isConfigured };
      printStart(container);
      return {
        tcp: [...new Set(listening)].map((port) => ({
          port,
          accept: (socket, flow) => http.accept(socket, flow, container),
        })),
        udp: [],
      };
    },
  }));
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit<WebContainer>,
): void {
  const { container } = visit;
  const { flavor, context, pod, isConfigured } = container;
  response.setHeader('Server', flavor.name);
  response.setHeader('X-Pod', context.pod.metadata.name);
  const { pathname } = requestUrl(request);
  const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  const file = pod.files.read(`${flavor.root}${path}`);
  const isWelcome = path === '/index.html' || isConfigured;
  const status = file !== undefined || isWelcome ? 200 : 404;
  const page = file ?? (isWelcome ? welcomePage(container) : notFoundPage(flavor.name));
  const contentType = file === undefined ? 'text/html' : contentTypeOf(path);
  reply(response, page, { status, contentType });
  const answered = { request, flow: visit.flow, status, sizeBytes: Buffer.byteLength(page) };
  const line = flavor.name === 'nginx' ? combinedLine : commonLine;
  pod.print(line(answered, pod.clock.now()));
}

function printStart({ flavor, pod }: WebContainer): void {
  const now = pod.clock.now();
  if (flavor.name === 'nginx') {
    pod.print('/docker-entrypoint.sh: Configuration complete; ready for start up');
    pod.print(goLine('[notice] 1#1: start worker processes', now), 'stderr');
  } else pod.print("AH00094: Command line: 'httpd -D FOREGROUND'", 'stderr');
}

function contentTypeOf(path: string): string {
  return CONTENT_TYPES[/\.(\w+)$/.exec(path)?.[1] ?? ''] ?? 'application/octet-stream';
}

function welcomePage({ flavor, context, pod }: WebContainer): string {
  const { name, namespace } = context.pod.metadata;
  return `<!DOCTYPE html>
<html>
<head><title>Welcome to ${flavor.name}!</title></head>
<body>
<h1>Welcome to ${flavor.name}!</h1>
<p>Pod ${name} in namespace ${namespace} on node ${pod.nodeName}, ${pod.podIPs.join(' ')}</p>
</body>
</html>
`;
}

function notFoundPage(server: string): string {
  return `<html>
<head><title>404 Not Found</title></head>
<body>
<center><h1>404 Not Found</h1></center>
<hr><center>${server}</center>
</body>
</html>
`;
}
