import t from 'tap';
import { prepareWrites } from '../../../src/api/index.ts';
import { checkManifests } from '../../../src/api/manifests/check.ts';
import { lintManifests } from '../../../src/api/manifests/lint/index.ts';
import { parseManifests } from '../../../src/api/manifests/parse.ts';

const deployment = (more = ''): string => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: x
        ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]
${more}---`;
const service = (spec: string, namespace = 'default'): string => `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: ${namespace}}
spec: ${spec}
---`;
const ingress = (backend: string, more = ''): string => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  ${more}
  rules: [{http: {paths: [{path: /, pathType: Prefix, backend: {service: ${backend}}}]}}]
---`;
const WEB = service('{selector: {app: web}, ports: [{name: http, port: 80, targetPort: http}]}');

const cases = [
  { name: 'a selector that matches', text: deployment() + WEB, found: [] },
  {
    name: 'a selector that matches nothing',
    text: deployment() + service('{selector: {app: shop}}'),
    found: ['selector app=shop matches no Pod in the manifests'],
  },
  {
    name: 'a selector with a typing mistake',
    text: deployment() + service('{selector: {app: wbe}}'),
    found: ['selector app=wbe matches no Pod in the manifests | Did you mean app=web?'],
  },
  {
    name: 'a selector with a mistaken key',
    text: deployment() + service('{selector: {apps: web}}'),
    found: ['selector apps=web matches no Pod in the manifests | Did you mean the label "app"?'],
  },
  {
    name: 'a selector in another namespace',
    text: deployment() + service('{selector: {app: web}}', 'kube-system'),
    found: [
      'selector app=web matches no Pod in the manifests | Such Pods are in namespace default; a Service selects in its own.',
    ],
  },
  { name: 'a Service without a selector', text: service('{ports: [{port: 80}]}'), found: [] },
  {
    name: 'an ExternalName',
    text: service('{type: ExternalName, externalName: a.b, selector: {app: x}}'),
    found: [],
  },
  {
    name: 'Pods of custom kinds',
    text:
      deployment().replace('apps/v1', 'argoproj.io/v1alpha1').replace('Deployment', 'Rollout') +
      WEB,
    found: [],
  },
  {
    name: 'Pods of CronJobs',
    text: `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: "* * * * *", jobTemplate: {spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [{name: http, containerPort: 1}]}]}}}}}\n---${WEB}`,
    found: [],
  },
  {
    name: 'a target port name that no container has',
    text: deployment() + service('{selector: {app: web}, ports: [{port: 80, targetPort: htpp}]}'),
    found: ['targetPort "htpp" is the name of no port of the selected Pods | Did you mean "http"?'],
  },
  {
    name: 'a target port name that is like none',
    text:
      deployment() + service('{selector: {app: web}, ports: [{port: 80, targetPort: metrics}]}'),
    found: [
      'targetPort "metrics" is the name of no port of the selected Pods | Did you mean "http" or "dns"?',
    ],
  },
  {
    name: 'a target port of another protocol',
    text: deployment() + service('{selector: {app: web}, ports: [{port: 53, targetPort: dns}]}'),
    found: [
      'targetPort "dns" is a UDP port of the selected Pods, and this port is TCP | Set protocol: UDP, or name another port.',
    ],
  },
  {
    name: 'a target port of a sidecar',
    text:
      deployment(
        '      initContainers: [{name: s, restartPolicy: Always, ports: [{name: metrics, containerPort: 9}]}]\n',
      ) + service('{selector: {app: web}, ports: [{port: 80, targetPort: metrics}]}'),
    found: [],
  },
  {
    name: 'a target port of an init container that ends',
    text:
      deployment(
        '      initContainers: [{name: s, ports: [{name: metrics, containerPort: 9}]}]\n',
      ) + service('{selector: {app: web}, ports: [{port: 80, targetPort: metrics}]}'),
    found: [
      'targetPort "metrics" is the name of no port of the selected Pods | Did you mean "http" or "dns"?',
    ],
  },
  {
    name: 'a target port outside of the declared ones',
    text: deployment() + service('{selector: {app: web}, ports: [{port: 80, targetPort: 8081}]}'),
    found: [
      'targetPort 8081/TCP is none of the ports that the selected Pods declare (8080/TCP, 53/UDP) | Set targetPort to the port on which the containers listen, or declare it as a containerPort.',
    ],
  },
  {
    name: 'a port that is its own target',
    text: deployment() + service('{selector: {app: web}, ports: [{port: 80}]}'),
    found: [
      'port 80/TCP is none of the ports that the selected Pods declare (8080/TCP, 53/UDP) | Set targetPort to the port on which the containers listen, or declare it as a containerPort.',
    ],
  },
  {
    name: 'a target port where none are declared',
    text:
      deployment().replace(/ {8}ports: .*\n/, '') +
      service('{selector: {app: web}, ports: [{port: 80}]}'),
    found: [],
  },
  {
    name: 'an SCTP port',
    text: service('{ports: [{port: 80}, {name: diameter, port: 3868, protocol: SCTP}]}'),
    found: [
      'port 3868 is SCTP, which is not carried in userspace: the runtime has no sockets for it | Names and decisions are told (podlane explain sctp://NAME:PORT); connections are not made.',
    ],
  },
  {
    name: 'an Ingress',
    text:
      deployment() +
      WEB +
      ingress('{name: web, port: {name: http}}') +
      ingress('{name: web, port: {number: 80}}').replace('name: web', 'name: other'),
    found: [],
  },
  {
    name: 'an Ingress to a missing Service',
    text: deployment() + WEB + ingress('{name: wbe, port: {number: 80}}'),
    found: ['Service "wbe" is not in namespace default | Did you mean "web"?'],
  },
  {
    name: 'an Ingress to a missing port',
    text: deployment() + WEB + ingress('{name: web, port: {number: 8080}}'),
    found: ['Service "web" has no port 8080 | It has 80.'],
  },
  {
    name: 'an Ingress to a missing port name',
    text: deployment() + WEB + ingress('{name: web, port: {name: htp}}'),
    found: ['Service "web" has no port named "htp" | Did you mean "http"?'],
  },
  {
    name: 'an Ingress with a default backend',
    text: ingress(
      '{name: kubernetes, port: {number: 443}}',
      'defaultBackend: {service: {name: none, port: {number: 1}}}',
    ),
    found: ['Service "none" is not in namespace default'],
  },
  {
    name: 'an Ingress with missing certificates',
    text:
      deployment() + WEB + ingress('{name: web, port: {number: 80}}', 'tls: [{secretName: cert}]'),
    found: ['Secret "cert" is not in namespace default; the default certificate is served'],
  },
  {
    name: 'an Ingress whose certificate is issued',
    text: `${deployment()}${WEB}${ingress('{name: web, port: {number: 80}}', 'tls: [{secretName: cert}]')}\napiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: c}\nspec: {secretName: cert}\n`,
    found: [],
  },
  {
    name: 'an Ingress of a missing class',
    text:
      deployment() + WEB + ingress('{name: web, port: {number: 80}}', 'ingressClassName: traefik'),
    found: ['IngressClass "traefik" is not in the manifests'],
  },
  {
    name: 'an Ingress of a default class',
    text:
      deployment() + WEB + ingress('{name: web, port: {number: 80}}', 'ingressClassName: nginx'),
    found: [],
  },
  {
    name: 'a StatefulSet without its Service',
    text: 'apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db}\n',
    found: [
      'serviceName "db" is no Service in namespace default, so the Pods get no names of their own | Add a headless Service "db".',
    ],
  },
  {
    name: 'a Pod template of a ServiceAccount that is missing, and of ones that are there',
    text: `${deployment('      serviceAccountName: robt\n')}
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot}
---
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {serviceAccountName: robot, containers: [{name: main, image: x}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b}
spec: {serviceAccountName: default, containers: [{name: main, image: x}]}
`,
    found: [
      'serviceAccountName "robt" is no ServiceAccount in namespace default, so its Pods are refused | Did you mean "robot"?',
    ],
  },
  {
    name: 'claims that are missing, and ones that are there',
    text: `${deployment(`      volumes:
      - {name: a, persistentVolumeClaim: {claimName: dta}}
      - {name: b, persistentVolumeClaim: {claimName: data}}
      - {name: c, persistentVolumeClaim: {claimName: data-db-0}}
      - {name: d, persistentVolumeClaim: {claimName: nowhere-at-all}}
`)}
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {volumeClaimTemplates: [{metadata: {name: data}, spec: {}}]}
`,
    found: [
      'claimName "dta" is no PersistentVolumeClaim in namespace default, so its Pods stay pending | Did you mean "data"?',
      'claimName "nowhere-at-all" is no PersistentVolumeClaim in namespace default, so its Pods stay pending | Add a PersistentVolumeClaim "nowhere-at-all".',
    ],
  },
  {
    name: 'claims of classes that are not there, and of ones that are',
    text: [
      ['gp3', 'standard', 'mine', 'mien', '', 'local']
        .map(
          (name, index) =>
            `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c${index}}, spec: {storageClassName: '${name}'}}\n---\n`,
        )
        .join(''),
      '{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: mine}, provisioner: x}\n---\n',
      '{apiVersion: v1, kind: PersistentVolume, metadata: {name: v}, spec: {storageClassName: local}}\n---\n',
      '{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db}, spec: {volumeClaimTemplates: [{metadata: {name: d}, spec: {storageClassName: fast}}]}}\n',
    ].join(''),
    found: [
      'storageClassName "gp3" is no StorageClass, so Pods with this claim stay pending | Leave the field out for the default class, or add a StorageClass "gp3": podlane makes volumes for any.',
      'storageClassName "mien" is no StorageClass, so Pods with this claim stay pending | Did you mean "mine"?',
      'storageClassName "fast" is no StorageClass, so Pods with this claim stay pending | Leave the field out for the default class, or add a StorageClass "fast": podlane makes volumes for any.',
    ],
  },
  {
    name: 'environments of ConfigMaps and Secrets that are missing, each told once, and of ones that are there or need not be',
    text: `${deployment(`        env:
        - {name: A, valueFrom: {secretKeyRef: {name: credentals, key: a}}}
        - {name: B, valueFrom: {secretKeyRef: {name: credentals, key: b}}}
        - {name: C, valueFrom: {configMapKeyRef: {name: gone, key: c, optional: true}}}
        - {name: D, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        envFrom:
        - {configMapRef: {name: settings}}
        - {secretRef: {name: credentials}}
`)}
apiVersion: v1
kind: Secret
metadata: {name: credentials}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: elsewhere}
---
apiVersion: v1
kind: Namespace
metadata: {name: elsewhere}
`,
    found: [
      'Secret "credentals" is not in namespace default, so the containers that need it do not start | Did you mean "credentials"?',
      'ConfigMap "settings" is not in namespace default, so the containers that need it do not start | Add a ConfigMap "settings".',
    ],
  },
  {
    name: 'an object in two places',
    text: deployment() + WEB + WEB,
    found: [
      'the same object is in m.yaml:15; this one is applied over it | Remove or rename one of the two.',
    ],
  },
  {
    name: 'kinds of one name in two groups',
    text: `${deployment()}${WEB}\napiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web}\n`,
    found: [],
  },
  {
    name: 'a namespace that nobody makes, once',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b, namespace: shop}\n',
    found: [
      'namespace "shop" is not in the manifests; podlane creates it | `kubectl apply` would fail here: add a Namespace object "shop".',
    ],
  },
  {
    name: 'a namespace that is made later',
    text: 'apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: shop}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n',
    found: [],
  },
] as const;
for (const { name, text, found } of cases) {
  t.test(`lintManifests() of ${name}`, async (t) => {
    const parsed = parseManifests(text, 'm.yaml');
    const { documents, problems } = checkManifests(parsed.documents);
    t.strictSame([...parsed.problems, ...problems], []);
    const lints = lintManifests(documents);
    t.ok(lints.every(({ severity }) => severity === 'warning'));
    t.strictSame(
      lints.map(({ message, hint }) => (hint === undefined ? message : `${message} | ${hint}`)),
      found,
    );
  });
}

t.test('lintManifests() tells the place', async (t) => {
  const text =
    deployment() + service('{selector: {app: web}, ports: [{port: 80, targetPort: htpp}]}');
  const [lint] = lintManifests(parseManifests(text, 'm.yaml').documents);
  t.match(lint, {
    object: 'Service default/web',
    position: { file: 'm.yaml', line: 18, column: 49 },
  });
});

t.test('lintManifests() asks what else there is', async (t) => {
  const { documents } = parseManifests(
    ingress('{name: api, port: {number: 80}}', 'ingressClassName: mine'),
    'm.yaml',
  );
  const asked: string[] = [];
  const lints = lintManifests(documents, {
    exists: (kind, namespace, name) => {
      asked.push(`${kind} ${namespace ?? '-'} ${name}`);
      return true;
    },
  });
  t.strictSame(lints, []);
  t.strictSame(asked, ['IngressClass - mine', 'Service default api']);
});

t.test('lintManifests() knows the Pods that run already', async (t) => {
  const { documents } = parseManifests(WEB, 'm.yaml');
  const ports = [{ name: 'http', containerPort: 8080 }];
  const pod = {
    namespace: 'default',
    labels: { app: 'web' },
    spec: { containers: [{ name: 'web', ports }] },
  };
  t.strictSame(lintManifests(documents, { running: () => [pod] }), []);
  t.equal(lintManifests(documents, { running: () => [{ ...pod, namespace: 'b' }] }).length, 1);
});

t.test('lintManifests() tells whose Pods are refused for what they may do', async (t) => {
  const labelled = (enforce: string): string => `
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {pod-security.kubernetes.io/enforce: ${enforce}}}
---`;
  const pod =
    'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true, containers: [{name: c, image: x}]}\n';
  const told = (text: string, labels: Readonly<Record<string, string>> = {}): readonly string[] =>
    lintManifests(parseManifests(text, 'm.yaml').documents, { labelsOf: () => labels }).map(
      ({ message, hint, position: { line } }) => `${line} ${message} | ${hint ?? ''}`,
    );
  const { documents } = parseManifests(labelled('restricted'), 'm.yaml');
  await prepareWrites(documents.map(({ object }) => object));
  t.match(
    told(labelled('restricted') + deployment()),
    [
      /^11 its Pods are refused, for they violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false \(container "web" must set .* \| Namespace "default" enforces that level by its labels\.$/,
    ],
    'at the template',
  );
  t.same(told(labelled('baseline') + deployment()), []);
  const warn = { 'pod-security.kubernetes.io/warn': 'baseline' };
  t.same(
    told(pod, warn),
    ['1 would violate PodSecurity "baseline:latest": host namespaces (hostPID=true) | '],
    'by labels that the Namespace has in the cluster',
  );
  t.same(
    told(pod, { 'pod-security.kubernetes.io/enforce': 'baseline' }),
    [],
    'a Pod itself is an error',
  );
});
