import t from 'tap';
import type { PodSpec } from '../../src/api/index.ts';
import { namedPorts, resolveTargetPort } from '../../src/api/target-port.ts';

const spec: PodSpec = {
  containers: [
    {
      name: 'a',
      ports: [{ containerPort: 1 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }],
    },
    {
      name: 'b',
      ports: [
        { name: 'dns', containerPort: 54 },
        { name: 'http', containerPort: 80 },
      ],
    },
  ],
  initContainers: [
    { name: 'i', ports: [{ name: 'setup', containerPort: 2 }] },
    {
      name: 's',
      restartPolicy: 'Always',
      ports: [
        { name: 'http', containerPort: 81 },
        { name: 'admin', containerPort: 3 },
      ],
    },
  ],
};

const CASES = [
  { name: 'a number', port: { port: 80, targetPort: 8080 }, want: 8080 },
  { name: 'nothing but the port', port: { port: 80 }, want: 80 },
  { name: 'a name', port: { port: 80, targetPort: 'http' }, want: 80 },
  { name: 'a name of another protocol', port: { port: 53, targetPort: 'dns' }, want: 54 },
  {
    name: 'a name with its protocol',
    port: { port: 53, protocol: 'UDP', targetPort: 'dns' },
    want: 53,
  },
  { name: 'a port of a sidecar', port: { port: 80, targetPort: 'admin' }, want: 3 },
  { name: 'a port of an init container', port: { port: 80, targetPort: 'setup' }, want: undefined },
  { name: 'a name that no container has', port: { port: 80, targetPort: 'x' }, want: undefined },
] as const;
for (const { name, port, want } of CASES) {
  t.test(`resolveTargetPort() of ${name}`, async (t) => {
    t.equal(resolveTargetPort({ spec }, port), want);
  });
}

t.test('namedPorts() lists what a Service may name', async (t) => {
  t.same(
    namedPorts({ spec }).map(({ name }) => name),
    ['dns', 'dns', 'http', 'http', 'admin'],
  );
});
