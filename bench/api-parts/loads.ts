/** What is asked of every server alike. */
import type { ClientHttp2Stream } from 'node:http2';
import { createClient, type Address, type Client } from './client.ts';

const PODS = '/api/v1/namespaces/default/pods';
const MAPS = '/api/v1/namespaces/default/configmaps';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** A Pod as a Deployment makes them; no scheduler takes it, so that only the API is measured. */
function pod(index: number): string {
  const name = `web-7d4b9c6f5d-${index.toString(36).padStart(5, '0')}`;
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'web', 'pod-template-hash': '7d4b9c6f5d' },
      annotations: { 'example.org/owner': 'shop' },
    },
    spec: {
      schedulerName: 'nobody',
      containers: [
        {
          name: 'web',
          image: 'registry.example.org/shop/web:1.4.2',
          ports: [{ name: 'http', containerPort: 8080 }],
          env: [
            { name: 'LOG_LEVEL', value: 'info' },
            { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
          ],
          resources: { requests: { cpu: '100m', memory: '64Mi' } },
          readinessProbe: { httpGet: { path: '/healthz', port: 'http' }, periodSeconds: 5 },
        },
      ],
    },
  });
}

/** Creates Pods `from` up to `to`. @returns how many a second */
export async function createPods(client: Client, from: number, to: number): Promise<number> {
  return ratePerSecond(to - from, (index) =>
    client.ask({ method: 'POST', path: PODS, body: pod(from + index) }),
  );
}

/** Merge patches of labels, in turns over 100 Pods. @returns how many a second */
export async function patchPods(client: Client, count: number): Promise<number> {
  const { items } = JSON.parse(String(await client.ask({ path: `${PODS}?limit=100` }))) as {
    readonly items: readonly { readonly metadata: { readonly name: string } }[];
  };
  return ratePerSecond(count, (index) =>
    client.ask({
      method: 'PATCH',
      path: `${PODS}/${items[index % items.length]?.metadata.name}`,
      contentType: 'application/merge-patch+json',
      body: JSON.stringify({ metadata: { labels: { turn: `t${index}` } } }),
    }),
  );
}

/** Requests under way at a time. */
const CONCURRENCY = 16;

async function ratePerSecond(
  count: number,
  send: (index: number) => Promise<unknown>,
): Promise<number> {
  let next = 0;
  const begin = performance.now();
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await send(index);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return (count * 1000) / (performance.now() - begin);
}

/** How long it takes to get all Pods, in milliseconds. */
export async function listPods(client: Client, form: 'JSON' | 'Table'): Promise<number> {
  const begin = performance.now();
  await client.ask({ path: PODS, ...(form === 'Table' && { accept: TABLE }) });
  return performance.now() - begin;
}

export interface WatchLoad {
  readonly address: Address;
  readonly watchers: number;
  /** Each watcher follows an object of its own, or all of them follow all. */
  readonly kind: 'own' | 'all';
  readonly changesPerSecond: number;
  readonly seconds: number;
}

export interface Delivery {
  readonly delivered: number;
  readonly expected: number;
  /** Milliseconds from the sending of a change to its arrival at a watcher. */
  readonly p50: number;
  readonly p99: number;
  /** How fast changes were written in fact. */
  readonly changesPerSecond: number;
}

const STREAMS_A_CONNECTION = 100;
const nameOf = (index: number): string => `watched-${index}`;

/** Watches ConfigMaps while they are changed. */
export async function watchChanges(load: WatchLoad): Promise<Delivery> {
  const { address, watchers, kind, changesPerSecond, seconds } = load;
  using writer = createClient(address);
  using reader = createClient(address, Math.ceil(watchers / STREAMS_A_CONNECTION));
  const objects = kind === 'own' ? watchers : 10;
  await ratePerSecond(objects, (index) =>
    writer.ask({ method: 'POST', path: MAPS, body: configMap(index, -1) }),
  );
  const total = changesPerSecond * seconds;
  const expected = kind === 'own' ? total : total * watchers;
  const sentAt: number[] = [];
  const delays: number[] = [];
  const all = Promise.withResolvers<void>();
  const onChange = (change: number): void => {
    const sent = sentAt[change];
    if (sent === undefined) return;
    delays.push(performance.now() - sent);
    if (delays.length === expected) all.resolve();
  };
  const { metadata } = JSON.parse(String(await writer.ask({ path: `${MAPS}?limit=1` }))) as {
    readonly metadata: { readonly resourceVersion: string };
  };
  const from = `watch=1&resourceVersion=${metadata.resourceVersion}`;
  const streams = await Promise.all(
    Array.from({ length: watchers }, (_, index) =>
      reader.open(
        kind === 'own'
          ? `${MAPS}?${from}&fieldSelector=metadata.name%3D${nameOf(index)}`
          : `${MAPS}?${from}`,
      ),
    ),
  );
  for (const stream of streams) readChanges(stream, onChange);
  const rate = await writeAtRate(load, (change) => {
    sentAt[change] = performance.now();
    const index = change % objects;
    return writer.ask({
      method: 'PUT',
      path: `${MAPS}/${nameOf(index)}`,
      body: configMap(index, change),
    });
  });
  await Promise.race([all.promise, new Promise((resolve) => setTimeout(resolve, 20_000))]);
  for (const stream of streams) stream.destroy();
  await ratePerSecond(objects, (index) =>
    writer.ask({ method: 'DELETE', path: `${MAPS}/${nameOf(index)}` }),
  );
  const sorted = delays.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return {
    delivered: delays.length,
    expected,
    p50: at(0.5),
    p99: at(0.99),
    changesPerSecond: rate,
  };
}

function configMap(index: number, change: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: nameOf(index) },
    data: { change: `${change}`, text: 'x'.repeat(256) },
  });
}

/** Sends each change at its time, however long those before it take. @returns how many a second it became */
async function writeAtRate(
  { changesPerSecond, seconds }: WatchLoad,
  write: (change: number) => Promise<unknown>,
): Promise<number> {
  const total = changesPerSecond * seconds;
  const begin = performance.now();
  const pending: Promise<unknown>[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.min(total, ((performance.now() - begin) * changesPerSecond) / 1000);
    for (; sent < due; sent += 1) pending.push(write(sent));
    if (sent < total) return;
    clearInterval(timer);
    resolve();
  }, 2);
  await promise;
  await Promise.all(pending);
  return (total * 1000) / (performance.now() - begin);
}

/** Looks for the number of each change, without reading the rest: the client must not be what is measured. */
function readChanges(stream: ClientHttp2Stream, onChange: (change: number) => void): void {
  const MARK = '"data":{"change":"';
  let rest = '';
  stream.setEncoding('latin1');
  // A watch that breaks off is missed among what was delivered.
  stream.on('error', () => {});
  stream.on('data', (chunk: string) => {
    const text = rest + chunk;
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    for (let at = text.indexOf(MARK); at !== -1 && at < end; at = text.indexOf(MARK, at + 1))
      onChange(Number.parseInt(text.slice(at + MARK.length, at + MARK.length + 9), 10));
  });
}
