/** Hashes that kube-controller-manager 1.36.3 gave to the same templates. */
import t from 'tap';
import type { DiscoveryEndpointPort, PodTemplateSpec } from '../../src/api/index.ts';
import { fnv128a, fnv32, fnv32a } from '../../src/controllers/fnv.ts';
import { goDump } from '../../src/controllers/go-dump.ts';
import { sortPorts } from '../../src/controllers/slice-changes.ts';
import { templateHash } from '../../src/controllers/template-hash.ts';

const bytes = Buffer.from('hello');

t.test('fnv32() and the like give the hashes of Go', async (t) => {
  t.equal(fnv32a(bytes).toString(16), '4f9f2cab');
  t.equal(fnv32(bytes).toString(16), 'b6fa7167');
  t.equal(fnv128a(bytes), 'e3e1efd54283d94f7081314b599d31b3');
});

function template(image: string): PodTemplateSpec {
  return {
    // A template has no name, whatever the type of its metadata asks for.
    metadata: { labels: { app: 'web' } } as unknown as NonNullable<PodTemplateSpec['metadata']>,
    spec: {
      containers: [
        {
          name: 'c',
          image,
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
          imagePullPolicy: 'Always',
        },
      ],
      restartPolicy: 'Always',
      terminationGracePeriodSeconds: 30,
      dnsPolicy: 'ClusterFirst',
      securityContext: {},
      schedulerName: 'default-scheduler',
    },
  };
}

t.test('templateHash() is what a real cluster names its ReplicaSets', async (t) => {
  t.equal(templateHash(template('v1')), '7b96fc5f7b');
  t.equal(templateHash(template('v2')), '5fb65c976c');
  t.not(templateHash(template('v1'), 1), templateHash(template('v1')));
});

t.test('goDump() shows quantities, ports by name and pointers as Go does', async (t) => {
  const { spec } = template('v1');
  const [container] = spec?.containers ?? [];
  const dump = goDump('v1.PodTemplateSpec', {
    spec: {
      ...spec,
      containers: [
        {
          ...container,
          resources: { requests: { cpu: '100m', memory: '64Mi' } },
          livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 10 },
        },
      ],
    },
  });
  for (const part of [
    'TerminationGracePeriodSeconds:(*int64)30 ActiveDeadlineSeconds:(*int64)<nil>',
    'Requests:(v1.ResourceList)map[cpu:{i:(resource.int64Amount){value:(int64)100 scale:(resource.Scale)-3}',
    'memory:{i:(resource.int64Amount){value:(int64)67108864 scale:(resource.Scale)0}',
    'Port:(intstr.IntOrString){Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string)http}',
    'CreationTimestamp:(v1.Time){Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}',
  ])
    t.match(dump, part);
});

t.test('sortPorts() is the order of a real slice', async (t) => {
  const ports: readonly DiscoveryEndpointPort[] = ['a', 'b'].map((name) => ({
    name,
    port: 8080,
    protocol: 'TCP',
  }));
  t.same(
    sortPorts(ports).map(({ name }) => name),
    ['b', 'a'],
  );
});
