import t from 'tap';
import { checkManifests } from '../../../src/api/manifests/check.ts';
import { parseManifests } from '../../../src/api/manifests/parse.ts';
import { checkShape } from '../../../src/api/manifests/schema.ts';
import type { KubeObject } from '../../../src/api/object.ts';

const service = (spec: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n${spec}`;
const pod = (container: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n${container}`;

const cases = [
  {
    name: 'an unknown field, with the nearest name',
    text: service('  prots: []\n'),
    found: ['warning 5:3 unknown field "spec.prots" | Did you mean "ports"?'],
  },
  {
    name: 'an unknown field of an item',
    text: service('  ports:\n  - port: 80\n    nodeport: 30080\n'),
    found: ['warning 7:5 unknown field "spec.ports[0].nodeport" | Did you mean "nodePort"?'],
  },
  {
    name: 'an unknown field that is like none',
    text: service('  colour: red\n'),
    found: ['warning 5:3 unknown field "spec.colour"'],
  },
  {
    name: 'an unknown field at the top',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringdata: {}\n',
    found: ['warning 4:1 unknown field "stringdata" | Did you mean "stringData"?'],
  },
  {
    name: 'text for an integer',
    text: service('  ports:\n  - port: "80"\n'),
    found: [
      'error 6:5 spec.ports[0].port: Invalid value: "80": must be of type integer, found string',
    ],
  },
  {
    name: 'a number for text',
    text: pod('    env: [{name: PORT, value: 8080}]\n'),
    found: [
      'error 7:24 spec.containers[0].env[0].value: Invalid value: 8080: must be of type string, found integer | Put it in quotes: "8080".',
    ],
  },
  {
    name: 'a boolean for text',
    text: pod('    image: yes\n'),
    found: [
      'error 7:5 spec.containers[0].image: Invalid value: true: must be of type string, found boolean | Put it in quotes: "true".',
    ],
  },
  {
    name: 'an object for a list',
    text: service('  ports: {port: 80}\n'),
    found: ['error 5:3 spec.ports: Invalid value: "object": must be of type array, found object'],
  },
  {
    name: 'a list for a map',
    text: service('  selector: [a]\n'),
    found: ['error 5:3 spec.selector: Invalid value: "array": must be of type object, found array'],
  },
  {
    name: 'an integer that is too large',
    text: service('  ports: [{port: 3000000000}]\n'),
    found: ['error 5:12 spec.ports[0].port: Invalid value: 3000000000: must fit into int32'],
  },
  {
    name: 'a fraction for an integer',
    text: service('  ports: [{port: 1.5}]\n'),
    found: [
      'error 5:12 spec.ports[0].port: Invalid value: 1.5: must be of type integer, found number',
    ],
  },
  {
    name: 'a fraction for an integer or string',
    text: service('  ports: [{port: 1, targetPort: 1.5}]\n'),
    found: [
      'error 5:21 spec.ports[0].targetPort: Invalid value: 1.5: must be of type integer or string, found number',
    ],
  },
  {
    name: 'a label that is a number',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: {v: 1}}\n',
    found: [
      'error 3:30 metadata.labels.v: Invalid value: 1: must be of type string, found integer | Put it in quotes: "1".',
    ],
  },
  {
    name: 'a quantity',
    text: pod('    resources: {limits: {memory: 64 MB}}\n'),
    found: [
      `error 7:26 spec.containers[0].resources.limits.memory: Invalid value: "64 MB": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    ],
  },
  {
    name: 'what is not base64',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: "a b!"}\n',
    found: ['error 4:8 data.x: Invalid value: "a b!": illegal base64 data at input byte 1'],
  },
  {
    name: 'a time',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a, creationTimestamp: yesterday}\n',
    found: [
      'error 3:21 metadata.creationTimestamp: Invalid value: "yesterday": must be a time such as "2026-01-31T09:00:00Z" (RFC 3339)',
    ],
  },
  {
    name: 'metadata of custom kinds, and nothing else',
    text: 'apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: a, lables: {}}\nspec: {any: [1, {thing: x}]}\n',
    found: ['warning 3:21 unknown field "metadata.lables" | Did you mean "labels"?'],
  },
  {
    name: 'a version that is gone',
    text: 'apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n',
    found: [
      'error 1:1 no matches for kind "Ingress" in version "extensions/v1beta1" | Use apiVersion networking.k8s.io/v1.',
    ],
  },
  {
    name: 'a beta that is gone',
    text: 'apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: a}\n',
    found: [
      'error 1:1 no matches for kind "Ingress" in version "networking.k8s.io/v1beta1" | Use apiVersion networking.k8s.io/v1.',
    ],
  },
  {
    name: 'a kind that is gone and has no network meaning',
    text: 'apiVersion: policy/v1beta1\nkind: PodSecurityPolicy\nmetadata: {name: a}\n',
    found: [
      'warning 1:1 no matches for kind "PodSecurityPolicy" in version "policy/v1beta1"; stored as it is',
    ],
  },
  {
    name: 'nothing wrong with other groups’ kinds',
    text: 'apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: a}\nspec: {template: {}}\n',
    found: [],
  },
  {
    name: 'nothing wrong with a Gateway',
    text: 'apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {x: 1}\n',
    found: [],
  },
  {
    name: 'nothing wrong with names and percentages',
    text:
      service('  ports: [{port: 80, targetPort: http}]\n') +
      '---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: 50%}\n',
    found: [],
  },
] as const;
for (const { name, text, found } of cases) {
  t.test(`checkManifests() finds ${name}`, async (t) => {
    const { documents } = parseManifests(text, 'm.yaml');
    const { problems } = checkManifests(documents);
    t.strictSame(
      problems.map(
        ({ severity, message, position: { line, column }, hint }) =>
          `${severity} ${line}:${column} ${message}${hint === undefined ? '' : ` | ${hint}`}`,
      ),
      found,
    );
  });
}

t.test('checkManifests() makes unknown fields errors when it is strict', async (t) => {
  const { documents } = parseManifests(service('  prots: []\n'), 'm.yaml');
  const checked = checkManifests(documents, { isStrict: true });
  t.equal(checked.problems[0]?.severity, 'error');
  t.same(checked.documents, []);
});

t.test('checkManifests() gives the objects as the API server decodes them', async (t) => {
  const { documents } = parseManifests(
    pod('    prots: 1\n    args: [null]\n    resources: {limits: {cpu: 1, memory: }}\n') +
      '  hostname:\n',
    'm.yaml',
  );
  const [document] = checkManifests(documents).documents;
  t.strictSame(document?.object['spec'], {
    containers: [{ name: 'c', args: [''], resources: { limits: { cpu: '1', memory: '0' } } }],
  });
});

const KINDS = [
  { apiVersion: 'apps/v1', kind: 'Deploymnet', nearest: 'Deployment' },
  { apiVersion: 'v1', kind: 'ConfigMapp', nearest: 'ConfigMap' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'IngressClas', nearest: 'IngressClass' },
] as const;
for (const { apiVersion, kind, nearest } of KINDS) {
  t.test(`checkManifests() takes ${kind} for a mistake where it is to be strict`, async (t) => {
    const text = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: a}\n`;
    const { documents } = parseManifests(text, 'm.yaml');
    const message = `no matches for kind "${kind}" in version "${apiVersion}"`;
    const hint = `Did you mean "${nearest}"?`;
    t.match(checkManifests(documents), {
      documents: [{}],
      problems: [{ severity: 'warning', message: `${message}; stored as it is`, hint }],
    });
    const strict = checkManifests(documents, { isStrict: true });
    t.match(strict.problems, [{ severity: 'error', message, hint }]);
    t.same(strict.documents, []);
  });
}

t.test('checkManifests() leaves kinds of other groups alone, however strict', async (t) => {
  const text = 'apiVersion: example.org/v1\nkind: Anything\nmetadata: {name: a}\n';
  const { documents } = parseManifests(text, 'm.yaml');
  t.same(checkManifests(documents, { isStrict: true }).problems, []);
});

t.test('checkShape() gives back the object that needs no change', async (t) => {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'a' },
    spec: { ports: [{ port: 80 }] },
  };
  t.equal(checkShape(object).object, object);
});

t.test('checkShape() finds the fields of objects that came from elsewhere', async (t) => {
  // What a client sends may be anything.
  const object = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'a' },
    spec: 7,
  } as unknown as KubeObject;
  t.match(checkShape(object).errors, [{ type: 'TypeInvalid', field: 'spec' }]);
});
