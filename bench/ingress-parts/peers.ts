/** The other ingresses' configuration: the same hosts and paths, the same headers to the backend, one worker, no log. */
import { join } from 'node:path';
import { hostName, PATHS_PER_HOST, pathName } from './world.ts';

export interface PeerPlan {
  readonly folder: string;
  readonly backendPort: number;
  readonly http: number;
  readonly https: number;
  readonly hosts: number;
  /** Certificate and key in one file, and each alone. */
  readonly pem: string;
  readonly certificate: string;
  readonly key: string;
}

export interface Peer {
  readonly file: string;
  readonly text: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly command: string;
  readonly args: readonly string[];
}

const indices = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** nginx as the backend of all: a small answer, and 1 MB from memory's page cache. */
export function backendPeer(folder: string, port: number): Peer {
  const file = join(folder, 'backend.conf');
  return {
    file,
    text: `${nginxHead(folder, 'backend')}
http {
  access_log off; sendfile on; tcp_nopush off; keepalive_requests 100000000; keepalive_timeout 300s;
  server {
    listen 127.0.0.1:${port} reuseport backlog=4096;
    root ${folder};
    location / { default_type text/plain; return 200 "${'x'.repeat(128)}"; }
    location ~ /big$ { try_files /big.bin =404; }
  }
}
`,
    command: 'nginx',
    args: ['-c', file, '-p', folder],
  };
}

export function nginxPeer(plan: PeerPlan): Peer {
  const { folder, hosts, certificate, key } = plan;
  const file = join(folder, `nginx-${hosts}.conf`);
  const server = (index: number): string => `  server {
    listen 127.0.0.1:${plan.http}; listen 127.0.0.1:${plan.https} ssl http2; server_name ${hostName(index)};
${indices(PATHS_PER_HOST)
  .map((path) => `    location ${pathName(path)} { proxy_pass http://backend; }`)
  .join('\n')}
  }`;
  return {
    file,
    text: `${nginxHead(folder, `nginx-${hosts}`)}
http {
  access_log off; keepalive_requests 100000000; keepalive_timeout 75s; server_names_hash_max_size 65536; server_names_hash_bucket_size 128;
  ssl_certificate ${certificate}; ssl_certificate_key ${key}; ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:s:10m;
  upstream backend { server 127.0.0.1:${plan.backendPort}; keepalive 320; keepalive_requests 100000000; }
  proxy_http_version 1.1; proxy_max_temp_file_size 0;
  proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_set_header X-Request-ID $request_id;
  proxy_set_header X-Real-IP $remote_addr; proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Port $server_port;
  proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Scheme $scheme; proxy_set_header X-Scheme $scheme;
${indices(hosts).map(server).join('\n')}
}
`,
    command: 'nginx',
    args: ['-c', file, '-p', folder],
  };
}

export function haproxyPeer(plan: PeerPlan): Peer {
  const { folder, hosts, pem } = plan;
  const file = join(folder, `haproxy-${hosts}.cfg`);
  const map = join(folder, `haproxy-${hosts}.map`);
  return {
    file,
    text: `global
  nbthread 1
  maxconn 5000
defaults
  mode http
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  http-reuse always
frontend ingress
  bind 127.0.0.1:${plan.http}
  bind 127.0.0.1:${plan.https} ssl crt ${pem} alpn h2,http/1.1 ssl-min-ver TLSv1.2
  http-request set-header X-Request-ID %[uuid()]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Scheme http
  http-request set-header X-Scheme http
  use_backend %[base,map_beg(${map})]
backend web
  server one 127.0.0.1:${plan.backendPort}
`,
    more: {
      [map]: indices(hosts)
        .flatMap((host) =>
          indices(PATHS_PER_HOST).map((path) => `${hostName(host)}${pathName(path)} web`),
        )
        .join('\n')
        .concat('\n'),
    },
    command: 'haproxy',
    args: ['-db', '-f', file],
  };
}

export function caddyPeer(plan: PeerPlan): Peer {
  const { folder, hosts, certificate, key } = plan;
  const file = join(folder, `caddy-${hosts}.json`);
  const route = (host: number): object => ({
    match: [{ host: [hostName(host)] }],
    handle: [
      {
        handler: 'subroute',
        routes: indices(PATHS_PER_HOST).map((path) => ({
          match: [{ path: [`${pathName(path)}*`] }],
          handle: [
            {
              handler: 'reverse_proxy',
              upstreams: [{ dial: `127.0.0.1:${plan.backendPort}` }],
              headers: {
                request: {
                  set: {
                    'X-Request-Id': ['{http.request.uuid}'],
                    'X-Real-Ip': ['{http.request.remote.host}'],
                    'X-Forwarded-Port': ['{http.request.port}'],
                    'X-Forwarded-Scheme': ['{http.request.scheme}'],
                    'X-Scheme': ['{http.request.scheme}'],
                  },
                },
              },
            },
          ],
        })),
      },
    ],
    terminal: true,
  });
  const server = (port: number): object => ({
    listen: [`127.0.0.1:${port}`],
    routes: indices(hosts).map(route),
    automatic_https: { disable: true },
  });
  return {
    file,
    text: JSON.stringify({
      admin: { disabled: true },
      logging: { logs: { default: { level: 'ERROR' } } },
      storage: { module: 'file_system', root: folder },
      apps: {
        http: {
          servers: {
            http: server(plan.http),
            https: {
              ...server(plan.https),
              tls_connection_policies: [{ default_sni: hostName(0) }],
            },
          },
        },
        tls: { certificates: { load_files: [{ certificate, key }] } },
      },
    }),
    command: 'caddy',
    args: ['run', '--config', file],
  };
}

function nginxHead(folder: string, name: string): string {
  return `daemon off; master_process off; worker_processes 1; pid ${join(folder, `${name}.pid`)}; error_log stderr crit;
events { worker_connections 4096; }`;
}
