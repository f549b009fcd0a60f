import t from 'tap';
import { lintManifests } from '../../../src/api/manifests/lint/index.ts';
import { parseManifests } from '../../../src/api/manifests/parse.ts';

const POD = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: x, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---`;
const policy = (spec: string): string => `${POD}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p}
spec: ${spec}
`;
const WEB = 'podSelector: {matchLabels: {app: web}}';

const cases = [
  {
    name: 'a policy that fits',
    spec: `{${WEB}, ingress: [{ports: [{port: 8080}, {port: http}]}]}`,
    found: [],
  },
  { name: 'a default deny', spec: '{podSelector: {}}', found: [] },
  {
    name: 'a policy that selects nothing',
    spec: '{podSelector: {matchLabels: {app: wbe}}}',
    found: ['the policy selects no Pod of the manifests: it isolates nothing'],
  },
  {
    name: 'egress without DNS',
    spec: `{${WEB}, egress: [{ports: [{port: 443}]}]}`,
    found: ['egress rules allow no DNS: the selected Pods find no name'],
  },
  {
    name: 'egress with DNS',
    spec: `{${WEB}, egress: [{ports: [{port: 443}]}, {ports: [{port: 53, protocol: UDP}]}]}`,
    found: [],
  },
  {
    name: 'egress whose DNS another policy allows',
    spec: `{${WEB}, egress: [{ports: [{port: 443}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns}
spec: {podSelector: {}, egress: [{ports: [{port: 53, protocol: UDP}]}]}`,
    found: [],
  },
  {
    name: 'egress whose DNS a policy about others allows',
    spec: `{${WEB}, egress: [{ports: [{port: 443}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: dns}
spec: {podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [web]}]}, egress: [{ports: [{port: 53, protocol: UDP}]}]}`,
    found: [
      'egress rules allow no DNS: the selected Pods find no name',
      'the policy selects no Pod of the manifests: it isolates nothing',
    ],
  },
  {
    name: 'every address',
    spec: `{${WEB}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: 10.96.0.0/11}}]}]}`,
    found: [],
  },
  {
    name: 'OR where AND was meant',
    spec: `{${WEB}, ingress: [{from: [{namespaceSelector: {}}, {podSelector: {}}]}]}`,
    found: [
      "from has a namespaceSelector and a podSelector as two entries: either is enough, and the podSelector means the policy's own namespace",
    ],
  },
  {
    name: 'the port of a Service',
    spec: `{${WEB}, ingress: [{ports: [{port: 80}]}]}`,
    found: ["port 80 is the Service's; the selected Pods receive 8080"],
  },
  {
    name: 'a name that no Pod has',
    spec: `{${WEB}, ingress: [{ports: [{port: htpp}]}]}`,
    found: ['no selected Pod has a port named "htpp": the rule matches nothing'],
  },
  {
    name: 'addresses of Services',
    spec: `{${WEB}, ingress: [{from: [{ipBlock: {cidr: 10.96.0.10/32}}]}]}`,
    found: ['ipBlock 10.96.0.10/32 names addresses of Services'],
  },
  {
    name: 'addresses of Pods',
    spec: `{${WEB}, ingress: [{from: [{ipBlock: {cidr: 10.244.1.0/24}}]}]}`,
    found: ['ipBlock 10.244.1.0/24 names addresses of Pods'],
  },
] as const;
for (const { name, spec, found } of cases) {
  t.test(`lintNetworkPolicies() of ${name}`, async (t) => {
    const { documents } = parseManifests(policy(spec), 'p.yaml');
    const problems = lintManifests(documents);
    t.same(
      problems.map(({ message }) => message),
      found,
    );
    t.ok(problems.every(({ position }) => position?.line !== undefined));
  });
}

t.test(
  'lintNetworkPolicies() knows the ranges of the cluster that the manifests are for',
  async (t) => {
    const blocks = ['10.244.1.0/24', '10.20.0.0/24', '10.99.3.7/32', 'fd00:20::/120'];
    const from = blocks.map((cidr) => `{ipBlock: {cidr: '${cidr}'}}`).join(', ');
    const { documents } = parseManifests(
      policy(`{${WEB}, ingress: [{from: [${from}]}]}`),
      'p.yaml',
    );
    const ranges = { podCIDRs: ['10.20.0.0/16', 'fd00:20::/64'], serviceCIDRs: ['10.99.0.0/16'] };
    t.same(
      lintManifests(documents, { ranges }).map(({ message }) => message),
      [
        'ipBlock 10.20.0.0/24 names addresses of Pods',
        'ipBlock 10.99.3.7/32 names addresses of Services',
        'ipBlock fd00:20::/120 names addresses of Pods',
      ],
    );
  },
);
