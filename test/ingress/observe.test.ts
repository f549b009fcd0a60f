import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import t from 'tap';
import {
  accessLogLine,
  IngressMetrics,
  serveIngressMetrics,
  type RequestRecord,
} from '../../src/ingress/index.ts';
import { SILENT } from '../../src/observe/index.ts';
import { curl, echo, world } from './world.ts';

const facts = {
  connections: { accepted: 3, reading: 0, writing: 1, waiting: 2 },
  controller: {
    reloads: 3,
    reloadedSeconds: 1_000_000,
    certificates: [
      {
        host: 'a.example',
        namespace: 'shop',
        secretName: 'web-tls',
        expiresSeconds: 2_000_000,
        serialNumber: '7',
        issuerCommonName: 'ca',
        issuerOrganization: '',
        publicKeyAlgorithm: 'RSA',
      },
    ],
    orphans: [{ namespace: 'shop', ingress: 'web', type: 'no-endpoint' as const }],
    admission: {
      checks: [{ namespace: 'shop', ingress: 'web', accepted: 3, refused: 1 }],
      last: { ingresses: 4, tookMs: 2 },
    },
  },
};

/** What was told of these paths' requests. */
async function recordsOf(...paths: readonly string[]): Promise<readonly RequestRecord[]> {
  const records: RequestRecord[] = [];
  await using w = await world({ backend: echo, onRequest: (record) => records.push(record) });
  for (const path of paths)
    await curl('-H', 'Host: shop.example', '-A', 'a "test"', `http://127.0.0.1:${w.port}${path}`);
  return records;
}

t.test('accessLogLine() writes as ingress-nginx does', async (t) => {
  const [record] = await recordsOf('/cart?a=1');
  const line = record === undefined ? '' : accessLogLine(record, 'nginx');
  t.match(
    line,
    /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/cart\?a=1 HTTP\/1\.1" 200 \d+ "-" "a \\x22test\\x22" \d+ \d+\.\d{3} \[default-web-80\] \[\] 10\.244\.0\.2:8080 \d+ \d+\.\d{3} 200 [\da-f]{32}$/,
  );
});

t.test('accessLogLine() tells every try', async (t) => {
  const [record] = await recordsOf('/second');
  const line = record === undefined ? '' : accessLogLine(record, 'nginx');
  t.match(line, /10\.244\.0\.3:1, 10\.244\.0\.2:8080 0, \d+ [\d.]+, [\d.]+ -, 200/);
});

t.test('accessLogLine() tells of a request without a backend', async (t) => {
  const [record] = await recordsOf('/none');
  const line = record === undefined ? '' : accessLogLine(record, 'nginx');
  t.match(line, /" 404 \d+ .* \[upstream-default-backend\] \[\] - - - - /);
});

t.test('accessLogLine() writes JSON', async (t) => {
  const [record] = await recordsOf('/cart?a=1');
  t.match(JSON.parse(record === undefined ? '{}' : accessLogLine(record, 'json')), {
    remote_addr: '127.0.0.1',
    method: 'GET',
    host: 'shop.example',
    uri: '/cart?a=1',
    status: 200,
    namespace: 'default',
    ingress: 'web',
    upstream_name: 'default-web-80',
    upstreams: [{ addr: '10.244.0.2:8080', status: 200 }],
  });
});

t.test('serveIngress() tells of a client that went away', async (t) => {
  const { promise, resolve } = Promise.withResolvers<RequestRecord>();
  await using w = await world({ backend: () => undefined, onRequest: resolve });
  const request = get({ port: w.port, host: '127.0.0.1' });
  request.on('error', () => undefined);
  while (w.dials.length === 0) await new Promise((wait) => setImmediate(wait));
  request.socket?.resetAndDestroy();
  t.equal((await promise).status, 499);
});

t.test('serveIngressMetrics() prints under the names of ingress-nginx', async (t) => {
  const metrics = new IngressMetrics();
  for (const record of await recordsOf('/a', '/b', '/gone')) metrics.observe(record);
  const listener = await serveIngressMetrics({
    address: '127.0.0.1',
    port: 0,
    log: SILENT,
    snapshot: (process) => metrics.snapshot({ ...process, ...facts }),
  });
  const url = `http://127.0.0.1:${listener?.port}`;
  t.equal(await curl(`${url}/healthz`), 'ok');
  const text = await curl(`${url}/metrics`);
  const labels =
    'controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="ingress-nginx-controller",status="200",method="GET",path="/",namespace="default",ingress="web",service="web",canary="",host="shop.example"';
  for (const line of [
    `nginx_ingress_controller_requests{${labels}} 2`,
    `nginx_ingress_controller_request_duration_seconds_count{${labels}} 2`,
    'nginx_ingress_controller_config_last_reload_successful_timestamp_seconds{controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="ingress-nginx-controller"} 1000000',
    'class="k8s.io/ingress-nginx",host="a.example",namespace="shop",secret_name="web-tls"} 2000000',
    'namespace="shop",ingress="web",type="no-endpoint"} 1',
    'nginx_ingress_controller_check_success{controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="ingress-nginx-controller",namespace="shop",ingress="web"} 3',
    'release="v1.15.1"',
    'serial_number="7"} 1',
    `nginx_ingress_controller_request_duration_seconds_bucket{${labels},le="+Inf"} 2`,
    `nginx_ingress_controller_response_duration_seconds_count{${labels}} 2`,
    `nginx_ingress_controller_header_duration_seconds_count{${labels}} 2`,
    `nginx_ingress_controller_connect_duration_seconds_count{${labels}} 2`,
    `nginx_ingress_controller_request_size_count{${labels}} 2`,
    `nginx_ingress_controller_response_size_count{${labels}} 2`,
    `nginx_ingress_controller_bytes_sent_count{${labels}} 2`,
  ])
    t.ok(text.includes(line), line);
  t.match(text, /nginx_ingress_controller_nginx_process_connections\{.*state="active"\} 3/);
  t.match(text, /nginx_ingress_controller_nginx_process_requests_total\{.*\} 3/);
  t.match(text, /nginx_ingress_controller_config_last_reload_successful\{.*\} 1/);
  t.match(text, /nginx_ingress_controller_check_errors\{.*\} 1/);
  t.match(text, /nginx_ingress_controller_admission_render_ingresses\{.*\} 4/);
  t.match(text, /nginx_ingress_controller_admission_roundtrip_duration\{.*\} 0\.002/);
  const [response] = (await once(get(`${url}/other`), 'response')) as [IncomingMessage];
  response.resume();
  t.equal(response.statusCode, 404);
  await listener?.close();
});

t.test(
  'IngressMetrics keeps so many series, whatever hosts and methods clients make up',
  async (t) => {
    const [record] = await recordsOf('/cart?a=1');
    const metrics = new IngressMetrics();
    const seriesNow = () =>
      metrics
        .snapshot({ ...facts, cpuSeconds: 0, residentBytes: 0, startedSeconds: 0 })
        .find(({ name }) => name === 'nginx_ingress_controller_requests')?.values ?? [];
    if (record?.head === undefined) throw new Error('nothing was told');
    for (let number = 0; number < 10_500; number += 1)
      metrics.observe({ ...record, head: { ...record.head, host: `h${number}.example` } });
    metrics.observe({ ...record, head: { ...record.head, host: 'h1.example' } });
    const values = seriesNow();
    t.equal(values.length, 10_001);
    t.equal(values.find(({ labels }) => labels['host'] === 'h1.example')?.value, 2);
    t.match(
      values.find(({ labels }) => labels['host'] === '_'),
      {
        labels: { method: '_', ingress: 'web' },
        value: 500,
      },
    );
  },
);
