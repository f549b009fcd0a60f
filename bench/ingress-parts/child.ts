/** `node child.ts podlane|http-proxy …`: one party of the measurement, alone in its process. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createCluster } from '../../src/index.ts';
import { applyWorld, touchIngress } from './world.ts';

const [, , role = '', backendPort = '0', hosts = '1', certificate = '', key = ''] = process.argv;
const ready = (facts: object): void => void process.stdout.write(`${JSON.stringify(facts)}\n`);

const ROLES: Readonly<Record<string, () => Promise<void>>> = {
  podlane: async () => {
    const any = { address: '127.0.0.1', port: 0 };
    const cluster = await createCluster({
      name: 'bench-ingress',
      dns: 'off',
      entry: 'off',
      proxyHealth: 'off',
      proxyMetrics: 'off',
      ingressMetrics: 'off',
      hasAliases: false,
      http: any,
      https: any,
    });
    applyWorld(cluster.store, {
      backendPort: Number(backendPort),
      hosts: Number(hosts),
      ...(certificate === ''
        ? {}
        : { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }),
    });
    await cluster.settled();
    const { http, https } = cluster.ingress ?? {};
    ready({ http: http?.[0]?.port, https: https?.[0]?.port });
    // Each line asks for a changed Ingress; what is printed is when it was written.
    process.stdin.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter((each) => each !== ''))
        ready(touchIngress(cluster.store, Number(line)));
    });
  },
  'http-proxy': async () => {
    const { createServer, Agent } = await import('node:http');
    const { default: httpProxy } = await import('http-proxy');
    const proxy = httpProxy.createProxyServer({
      target: `http://127.0.0.1:${backendPort}`,
      agent: new Agent({ keepAlive: true }),
      xfwd: true,
    });
    proxy.on('error', () => undefined);
    const server = createServer((request, response) => proxy.web(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo; // it listens on TCP
    ready({ http: port });
  },
};

await ROLES[role]?.();
