/** What the webhook of ingress-nginx refuses, and where its options and flags come from. */
import t from 'tap';
import type { Ingress } from '../../../src/api/index.ts';
import {
  checkIngress,
  createIngressAdmission,
} from '../../../src/ingress/from-ingress/admission.ts';
import { annotationProblems } from '../../../src/ingress/from-ingress/annotation-problems.ts';
import { controllerOptions } from '../../../src/ingress/from-ingress/controller-configuration.ts';
import { publishAddresses } from '../../../src/ingress/from-ingress/publish-addresses.ts';
import { configMap, ingressOf, object, route, type IngressFacts } from '../routing.ts';

const web = { name: 'web', paths: ['Prefix / web'] } as const;

interface Case {
  readonly name: string;
  readonly ingress: IngressFacts;
  readonly others?: readonly IngressFacts[];
  readonly data?: Readonly<Record<string, string>>;
  readonly refused: RegExp | undefined;
}

const cases: readonly Case[] = [
  { name: 'nothing of a plain one', ingress: web, refused: undefined },
  {
    name: 'a snippet',
    ingress: { ...web, annotations: { 'server-snippet': 'x' } },
    refused: /server-snippet annotation cannot be used/,
  },
  {
    name: 'a snippet above the risk level even when they are allowed',
    ingress: { ...web, annotations: { 'server-snippet': 'x' } },
    data: { 'allow-snippet-annotations': 'true' },
    refused: /too risky/,
  },
  {
    name: 'no snippet when all are allowed',
    ingress: { ...web, annotations: { 'server-snippet': 'x' } },
    data: { 'allow-snippet-annotations': 'true', 'annotations-risk-level': 'Critical' },
    refused: undefined,
  },
  {
    name: 'an annotation above the risk level',
    ingress: { ...web, annotations: { 'auth-url': 'http://auth/' } },
    data: { 'annotations-risk-level': 'Medium' },
    refused: /auth-url is too risky/,
  },
  {
    name: 'a value that is none',
    ingress: { ...web, annotations: { 'proxy-body-size': '15r' } },
    refused: /proxy-body-size contains invalid value/,
  },
  {
    name: 'a regular expression as Prefix',
    ingress: { name: 'web', paths: ['Prefix /a(b) web'] },
    refused: /path \/a\(b\) cannot be used with pathType Prefix/,
  },
  {
    name: 'no regular expression as ImplementationSpecific',
    ingress: { name: 'web', paths: ['ImplementationSpecific /a(b) web'] },
    refused: undefined,
  },
  {
    name: 'a path that another has',
    ingress: web,
    others: [{ ...web, name: 'first' }],
    refused: /host "a.example" and path "\/" is already defined in ingress default\/first/,
  },
  {
    name: 'no canary of a path that another has',
    ingress: { ...web, annotations: { canary: 'true' } },
    others: [{ ...web, name: 'first' }],
    refused: undefined,
  },
  {
    name: 'a second canary',
    ingress: { ...web, annotations: { canary: 'true' } },
    others: [{ ...web, name: 'first', annotations: { canary: 'true' } }],
    refused: /already defined/,
  },
  {
    name: 'a word that is blocked',
    ingress: { ...web, annotations: { 'app-root': '/load_module' } },
    data: { 'annotation-value-word-blocklist': 'load_module,lua' },
    refused: /invalid word load_module/,
  },
  {
    name: 'nothing of another class',
    ingress: { ...web, class: 'podlane', annotations: { 'server-snippet': 'x' } },
    refused: undefined,
  },
];

for (const { name, ingress, others = [], data = {}, refused } of cases) {
  t.test(`checkIngress() refuses ${name}`, async (t) => {
    using routing = route(others, [configMap(data)]);
    // Made as one.
    const problem = checkIngress(ingressOf(ingress) as unknown as Ingress, routing.store);
    if (refused === undefined) t.equal(problem, undefined);
    else t.match(problem, refused);
  });
}

t.test('createIngressAdmission() counts what it lets in and keeps out', async (t) => {
  const hook = { name: 'validate.nginx.ingress.kubernetes.io' };
  const registration = object('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', {
    metadata: { name: 'ingress-nginx-admission' },
    webhooks: [hook],
  });
  let now = 0;
  const admission = createIngressAdmission({ reader: () => routing.store, now: () => (now += 2) });
  using routing = route([web, { ...web, name: 'other', host: 'other.example' }]);
  const good = ingressOf({ ...web, name: 'new', host: 'new.example' });
  admission.reserve(good, undefined);
  t.same(admission.facts(), { checks: [], last: undefined }, 'nobody has registered it');
  routing.store.create(registration);
  admission.reserve(good, undefined);
  admission.reserve({ ...good }, good);
  const snippet = ingressOf({ ...web, name: 'new', annotations: { 'server-snippet': 'x' } });
  t.throws(() => admission.reserve(snippet, good), { message: /denied the request/ });
  admission.reserve(ingressOf({ ...web, name: 'foreign', class: 'podlane' }), undefined);
  t.same(admission.facts(), {
    checks: [{ namespace: 'default', ingress: 'new', accepted: 1, refused: 1 }],
    last: { ingresses: 2, tookMs: 2 },
  });
  admission.release(good);
  t.same(admission.facts().checks, []);
  const refused = Array.from({ length: 10_100 }, (_, number) => {
    const named = { ...snippet, metadata: { ...snippet.metadata, name: `n${number}` } };
    try {
      return admission.reserve(named, undefined);
    } catch {
      return 'refused';
    }
  });
  t.same(new Set(refused), new Set(['refused']));
  t.equal(admission.facts().checks.length, 10_000, 'however many are refused');
});

t.test('annotationProblems() tells what counts as absent', async (t) => {
  using routing = route([
    { ...web, annotations: { 'proxy-body-size': 'x y', 'use-regex': 'perhaps', unknown: '1' } },
    { name: 'other', class: 'podlane', host: 'b.example', paths: ['Prefix / b'] },
  ]);
  const problems = (name: string): readonly string[] | undefined => {
    const ingress = routing.store.get('Ingress', 'default', name);
    return ingress === undefined ? undefined : annotationProblems(ingress, routing.store);
  };
  t.match(problems('web'), [/"perhaps" is no value of .*use-regex/, /"x y" is no value/]);
  t.equal(problems('other'), undefined);
});

/** A Deployment of ingress-nginx with these arguments. */
function deployment(...args: readonly string[]) {
  const labels = { app: 'ingress-nginx' };
  const containers = [{ name: 'c', image: 'c', args: ['/nginx-ingress-controller', ...args] }];
  return object('apps/v1', 'Deployment', {
    metadata: { namespace: 'ingress-nginx', name: 'controller' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  });
}

t.test('controllerOptions() reads the flags and the ConfigMap that they name', async (t) => {
  const metadata = { namespace: 'ingress-nginx', name: 'own' };
  using routing = route(
    [],
    [
      deployment('--configmap=$(POD_NAMESPACE)/own', '--watch-ingress-without-class'),
      object('v1', 'ConfigMap', { metadata, data: { 'hsts-preload': 'true', hsts: 'nonsense' } }),
    ],
  );
  t.match(controllerOptions(routing.store), {
    isClasslessWatched: true,
    hsts: 'max-age=31536000; includeSubDomains; preload',
    redirectStatus: 308,
  });
});

t.test('publishAddresses() are those of the flags, or of the Service that they name', async (t) => {
  const told = (flag: string): readonly string[] | undefined => {
    const spec = {
      type: 'NodePort',
      externalIPs: ['192.0.2.2', '192.0.2.1'],
      ports: [{ port: 80 }],
    };
    const metadata = { namespace: 'ingress-nginx', name: 'front' };
    using routing = route([web], [deployment(flag), object('v1', 'Service', { metadata, spec })]);
    const ingress = routing.store.get('Ingress', 'default', 'web');
    return ingress === undefined ? undefined : publishAddresses(ingress, routing.store);
  };
  t.same(told('--publish-status-address=lb.example, 203.0.113.5'), ['203.0.113.5', 'lb.example']);
  t.same(told('--publish-service=ingress-nginx/front'), ['192.0.2.1', '192.0.2.2']);
  t.equal(told('--v=2'), undefined);
});
