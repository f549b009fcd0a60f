/** Ingresses, Secrets and endpoints change all the time, and no request of a constant stream of them fails. */
import { once } from 'node:events';
import { Agent as HttpAgent, createServer, get as getHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as getHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { createCluster, type KubeObject, type Store } from '../../src/index.ts';
import { createSelfSigned } from '../../src/ingress/self-signed.ts';

/** How many; a hundred thousand by hand. */
const REQUESTS = Number(process.env['REQUESTS'] ?? 2000);
const REQUESTS_PER_CHANGE = 20;
const CLIENTS = 8;

const meta = (name: string, labels?: object): object => ({
  name,
  namespace: 'default',
  ...(labels === undefined ? {} : { labels }),
});
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: meta('web'),
  spec: { ports: [{ name: 'http', port: 80 }] },
};
const slice = (name: string, port: number, isReady: boolean): object => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: meta(name, { 'kubernetes.io/service-name': 'web' }),
  addressType: 'IPv4',
  ports: [{ name: 'http', port, protocol: 'TCP' }],
  // The host itself.
  endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: isReady } }],
});
const ingress = (round: number): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: meta('web'),
  spec: {
    tls: [{ hosts: ['web.example'], secretName: 'tls' }],
    rules: [
      {
        host: 'web.example',
        http: {
          paths: ['/', `/round-${round}`].map((path) => ({
            path,
            pathType: 'Prefix',
            backend: { service: { name: 'web', port: { number: 80 } } },
          })),
        },
      },
    ],
  },
});

async function secret(): Promise<object> {
  const { certificate, key } = await createSelfSigned();
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: meta('tls'),
    type: 'kubernetes.io/tls',
    data: {
      'tls.crt': Buffer.from(certificate).toString('base64'),
      'tls.key': Buffer.from(key).toString('base64'),
    },
  };
}

function put(store: Store, object: object): void {
  const { kind, metadata } = object as KubeObject; // written as the API has it
  const old = store.get<string>(kind, metadata.namespace, metadata.name);
  if (old === undefined) store.create(object as KubeObject);
  else store.update({ ...object, metadata: { ...old.metadata } } as KubeObject);
}

function answer(_request: unknown, response: { end(text: string): void }): void {
  response.end('hello');
}

t.test('no request fails while everything changes', async (t) => {
  await using stack = new AsyncDisposableStack();
  const backends = [createServer(answer), createServer(answer)];
  for (const server of backends) server.listen(0, '127.0.0.1');
  await Promise.all(backends.map((server) => once(server, 'listening')));
  stack.defer(() => backends.forEach((server) => server.close().closeAllConnections()));
  const [first = 0, second = 0] = backends.map((server) => (server.address() as AddressInfo).port); // they listen on TCP
  const door = { address: '127.0.0.1', port: 0 };
  const cluster = stack.use(
    await createCluster({
      dns: 'off',
      entry: 'off',
      proxyHealth: 'off',
      proxyMetrics: 'off',
      ingressMetrics: 'off',
      hasAliases: false,
      http: door,
      https: door,
    }),
  );
  const { store } = cluster;
  const secrets = await Promise.all(Array.from({ length: 4 }, secret));
  for (const object of [
    service,
    slice('one', first, true),
    slice('two', second, true),
    ingress(0),
    ...secrets.slice(0, 1),
  ])
    put(store, object);
  await cluster.settled();
  // In turns: the two slices are never both out of service.
  const changes = [
    (round: number) => put(store, ingress(round)),
    (round: number) => put(store, secrets[round % secrets.length] ?? {}),
    (round: number) => put(store, slice('one', first, round % 16 !== 10)),
    (round: number) => put(store, slice('two', second, round % 16 !== 3)),
  ];
  const agents = {
    http: new HttpAgent({ keepAlive: true }),
    https: new HttpsAgent({ keepAlive: true, rejectUnauthorized: false }),
  };
  const failures: string[] = [];
  let asked = 0;
  const client = async (number: number): Promise<void> => {
    while (asked < REQUESTS) {
      asked += 1;
      if (asked % REQUESTS_PER_CHANGE === 0) {
        const round = asked / REQUESTS_PER_CHANGE;
        changes[round % changes.length]?.(round);
      }
      const isTls = (asked + number) % 2 === 0;
      const options = {
        host: '127.0.0.1',
        path: `/${asked}`,
        // Now and then a connection of its own: a new handshake, with the certificate of the moment.
        headers: { host: 'web.example', ...(asked % 10 === 0 ? { connection: 'close' } : {}) },
      };
      const request = isTls
        ? getHttps({
            ...options,
            servername: 'web.example',
            port: cluster.ingress?.https[0]?.port,
            agent: agents.https,
          })
        : getHttp({ ...options, port: cluster.ingress?.http[0]?.port, agent: agents.http });
      const outcome = await outcomeOf(request);
      if (outcome !== '200') failures.push(`${asked}: ${outcome}`);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  agents.http.destroy();
  agents.https.destroy();
  t.same(failures.slice(0, 10), []);
});

async function outcomeOf(request: ReturnType<typeof getHttp>): Promise<string> {
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    return response.statusCode === 200 && text === 'hello'
      ? '200'
      : `${response.statusCode} ${text}`;
  } catch (error) {
    return String(error);
  }
}
