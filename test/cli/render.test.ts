/** What people see: tables, problems, steps. */
import t from 'tap';
import { renderSteps } from '../../src/cli/render-steps.ts';
import { renderProblem, renderStatus } from '../../src/cli/render-status.ts';
import { renderTable } from '../../src/cli/render-table.ts';
import { renderYaml } from '../../src/cli/render-yaml.ts';
import type { ClusterStatus } from '../../src/control/index.ts';

const PLAIN = { style: (_: string, text: string): string => text };
const MARKED = { style: (style: string, text: string): string => `<${style}>${text}</>` };
const RED = (text: string): string => `\u001B[31m${text}\u001B[39m`;

t.test('renderTable() aligns columns and leaves no space at the ends of lines', async (t) => {
  const rows = [
    ['web', 'ClusterIP', ''],
    ['a-longer-name', 'LB', 3],
  ];
  t.equal(
    renderTable(['Name', 'Type', 'Count'], rows),
    'NAME            TYPE        COUNT\nweb             ClusterIP\na-longer-name   LB          3',
  );
  t.equal(
    renderTable(['Name', 'Type', 'Count'], rows, { hasHeaders: false }),
    'web             ClusterIP\na-longer-name   LB          3',
  );
});

t.test('renderTable() counts no colours as room', async (t) => {
  t.equal(
    renderTable(
      ['A', 'B'],
      [
        [RED('x'), 'y'],
        ['xx', 'y'],
      ],
    ),
    `A    B\n${RED('x')}    y\nxx   y`,
  );
});

t.test('renderTable() sets the lines of a watch below one another', async (t) => {
  const widths: number[] = [];
  const lines = [
    ['api-1', '1/1'],
    ['db', '0/1'],
    ['a-longer-name', '1/1'],
  ].map((row, index) => renderTable(['Name', 'Ready'], [row], { hasHeaders: index === 0, widths }));
  t.same(lines, ['NAME    READY\napi-1   1/1', 'db      0/1', 'a-longer-name   1/1']);
});

t.test('renderTable() of nothing is the line of heads', async (t) => {
  t.equal(renderTable(['A', 'B'], []), 'A   B');
});

const PROBLEMS = [
  {
    problem: { message: 'odd', object: 'Service shop/api', file: 'm.yaml', line: 31, column: 5 },
    text: '⚠ warning: m.yaml:31:5: Service shop/api: odd',
  },
  { problem: { message: 'odd', file: 'm.yaml', line: 31 }, text: '⚠ warning: m.yaml:31: odd' },
  { problem: { message: 'odd' }, text: '⚠ warning: odd' },
] as const;
for (const { problem, text } of PROBLEMS)
  t.test(
    `renderProblem() gives ${text}`,
    async (t) => void t.equal(renderProblem('warning', problem, PLAIN), text),
  );

t.test('renderProblem() marks errors in red', async (t) => {
  t.equal(renderProblem('error', { message: 'bad' }, MARKED), '<red>✗ error</>: bad');
});

const STATUS: ClusterStatus = {
  name: 'demo',
  version: '1.2.3',
  pid: 7,
  readyMs: 118.4,
  seed: 0,
  deny: 'drop',
  dns: { address: '127.0.0.1', port: 10_053 },
  ingress: { http: { address: '127.0.0.1', port: 8080 } },
  entry: { address: '::1', port: 10_080 },
  services: [
    {
      namespace: 'default',
      name: 'web',
      type: 'NodePort',
      clusterIPs: ['10.96.41.8'],
      ports: [
        {
          name: 'http',
          protocol: 'TCP',
          port: 80,
          nodePort: 30_080,
          reach: [
            { address: '127.96.41.8', port: 20_080, via: 'clusterIP' },
            { address: '127.0.0.1', port: 30_080, via: 'nodePort' },
            { address: '::1', port: 30_080, via: 'nodePort' },
            { address: '127.0.0.11', port: 30_080, via: 'nodePort' },
            { address: '127.0.0.12', port: 30_080, via: 'nodePort' },
          ],
        },
        {
          protocol: 'UDP',
          port: 53,
          reach: [{ address: '127.96.41.8', port: 53, via: 'clusterIP' }],
          unreachable: ['externalIP: the address is in no range that has loopback aliases'],
        },
      ],
      endpoints: { ready: 2, total: 3 },
    },
    {
      namespace: 'default',
      name: 'mail',
      type: 'ExternalName',
      clusterIPs: [],
      externalName: 'smtp.example.org',
      ports: [],
      endpoints: { ready: 0, total: 0 },
    },
    {
      namespace: 'default',
      name: 'redis',
      type: 'ClusterIP',
      clusterIPs: [],
      ports: [{ protocol: 'TCP', port: 6379, reach: [] }],
      endpoints: { ready: 2, total: 2 },
    },
    {
      namespace: 'default',
      name: 'inside',
      type: 'ClusterIP',
      clusterIPs: ['10.96.41.9'],
      ports: [{ protocol: 'TCP', port: 80, reach: [] }],
      endpoints: { ready: 1, total: 1 },
    },
  ],
  ingresses: [{ namespace: 'default', name: 'web', urls: ['http://a.example.org:8080/'] }],
  objects: 1,
  namespaces: 4,
  pods: { ready: 2, total: 3, unready: [{ namespace: 'default', name: 'web-2' }] },
  warnings: [{ message: 'odd' }],
};

t.test('renderStatus() counts the Nodes of which there are many', async (t) => {
  const reach = ['127.0.0.1', '::1', ...[11, 12, 13, 14].map((octet) => `127.0.0.${octet}`)].map(
    (address) => ({ address, port: 30_080, via: 'nodePort' as const }),
  );
  const ports = [{ protocol: 'TCP', port: 80, reach }];
  const services = STATUS.services.slice(0, 1).map((web) => ({ ...web, ports }));
  const text = renderStatus({ ...STATUS, services }, PLAIN);
  t.match(text, / 127\.0\.0\.1, \.11, \.12, \.13 and 2 more:30080 nodePort /);
});

t.test('renderStatus() tells why Pods are not ready, as far as they are few', async (t) => {
  const unready = Array.from({ length: 7 }, (_, index) => ({
    namespace: 'shop',
    name: `cart-${index}`,
    reason: 'secret "cart" not found',
  }));
  const text = renderStatus({ ...STATUS, pods: { ready: 1, total: 8, unready } }, PLAIN);
  t.match(text, '\n⚠ not ready: Pod shop/cart-4: secret "cart" not found\n');
  t.match(text, '\n⚠ not ready: 2 more Pods; podlane get pods -A lists all\n');
});

t.test('renderStatus() says what is reachable where', async (t) => {
  t.equal(
    renderStatus(STATUS, PLAIN),
    `podlane 1.2.3 · demo · 1 object · 4 namespaces · 2/3 Pods ready · seed 0 · ready in 118 ms

NAMESPACE   SERVICE   TYPE           CLUSTER-IP         REACH IT AT                                                                  ENDPOINTS
default     web       NodePort       10.96.41.8         127.96.41.8:20080 (port 80)                                                  2/3
                                                        127.0.0.1, .11, .12, [::1]:30080 nodePort
                                                        127.96.41.8:53 (UDP)
                                                        53 (UDP): externalIP: the address is in no range that has loopback aliases
default     mail      ExternalName   smtp.example.org   -                                                                            -
default     redis     ClusterIP      None               by name and Pod address                                                      2/2
default     inside    ClusterIP      10.96.41.9         through the entry                                                            1/1

Ingress  default/web  http://a.example.org:8080/
DNS      dig @127.0.0.1 -p 10053 NAME.NAMESPACE.svc.cluster.local
Entry    curl -x socks5h://[::1]:10080 http://NAME.NAMESPACE
⚠ not ready: Pod default/web-2
⚠ warning: odd`,
  );
});

t.test(
  'renderStatus() without Ingresses tells where they would be, and nothing of doors that are off',
  async (t) => {
    const { dns: _dns, entry: _entry, ...without } = STATUS;
    const text = renderStatus({ ...without, ingresses: [], warnings: [] }, PLAIN);
    t.match(text, '\nIngress  http://127.0.0.1:8080/');
    t.notMatch(text, /^DNS|^Entry/m);
  },
);

t.test('renderSteps() names each part once, with mark, reason and object', async (t) => {
  const text = renderSteps(
    [
      { part: 'dns', outcome: 'fail', what: 'no such name' },
      { part: 'dns', outcome: 'pass', what: '10.96.0.1', object: 'service a/b' },
      { part: 'endpoints', outcome: 'skip', what: '10.244.0.1', because: 'not ready' },
    ],
    PLAIN,
  );
  t.equal(
    text,
    `  dns        ✗ no such name
             ✓ 10.96.0.1 [service a/b]
  endpoints  · 10.244.0.1 (not ready)`,
  );
  t.match(renderSteps([{ part: 'a', outcome: 'pass', what: 'b' }], MARKED), '<green>✓</> b');
  t.equal(renderSteps([], PLAIN), '');
});

t.test('renderYaml() quotes what YAML would read as something else', async (t) => {
  t.equal(
    renderYaml({
      a: 'true',
      b: '1.0',
      c: 'x: y',
      d: ['no', 'plain'],
      e: { f: 'two\nlines' },
    }).trim(),
    `a: "true"
b: "1.0"
c: "x: y"
d:
  - no
  - plain
e:
  f: |-
    two
    lines`,
  );
});
