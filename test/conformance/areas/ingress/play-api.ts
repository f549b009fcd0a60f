import { ApiError, type KubeObject } from '../../../../src/api/index.ts';
import type { CaseResult } from '../../area.ts';
import { ingressObject } from './ingress-object.ts';
import type { IngressCase } from './table.ts';
import { startWorld, type RunningWorld } from './world.ts';

interface ApiOutcome {
  readonly status: number;
  readonly message: string;
}

/** Plays a row that writes objects: what the API, and the webhook of ingress-nginx, say of them. */
export async function playApi(row: IngressCase): Promise<CaseResult> {
  const { id, group, expect, ingresses } = row;
  await using world = await startWorld(row, false);
  if (row.env?.webhook === true) createWebhook(world);
  let outcome: ApiOutcome = { status: 201, message: '' };
  for (const ingress of ingresses) {
    outcome = attempt(() => write(ingress, row, world));
    if (outcome.status >= 400) break;
  }
  const { apiStatus, messageContains = '' } = expect;
  const isRight =
    (apiStatus === 'all succeed' ? outcome.status < 400 : outcome.status === apiStatus) &&
    outcome.message.includes(String(messageContains));
  return { id, title: group, ok: isRight, expected: expect, actual: outcome };
}

function attempt(act: () => void): ApiOutcome {
  try {
    act();
    return { status: 201, message: '' };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, message: error.message };
  }
}

function write(
  ingress: IngressCase['ingresses'][number],
  { request }: IngressCase,
  world: RunningWorld,
): void {
  if (ingress.name === '(IngressClass)') {
    writeClass(ingress, world);
    return;
  }
  const object = ingressObject(ingress);
  const created = world.create(object);
  const { apiOperation = '' } = request;
  if (apiOperation === 'update status')
    world.cluster.store.update(
      { ...created, status: request.status },
      {
        subresource: 'status',
      },
    );
  if (apiOperation.includes('delete')) playVerbs(created, world);
}

function writeClass({ spec, update }: IngressCase['ingresses'][number], world: RunningWorld): void {
  const created = world.create({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'own' },
    spec: { controller: 'example.com/first', ...spec },
  });
  if (update !== undefined)
    world.cluster.store.update({
      ...created,
      spec: { controller: `example.com/${update['spec.controller']}` },
    });
}

function playVerbs({ metadata }: KubeObject, { cluster: { store } }: RunningWorld): void {
  const { namespace = '', name } = metadata;
  const stored = store.get('Ingress', namespace, name);
  if (stored === undefined || !store.list('Ingress').includes(stored))
    throw new Error('not listed');
  const updated = store.update({
    ...stored,
    metadata: { ...stored.metadata, labels: { a: 'b' } },
  });
  store.update(
    { ...updated, status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } },
    { subresource: 'status' },
  );
  store.delete({ kind: 'Ingress', namespace, name });
}

/** The registration that the manifests of ingress-nginx bring. */
function createWebhook({ create }: RunningWorld): void {
  create({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'ingress-nginx-admission' },
    webhooks: [
      {
        name: 'validate.nginx.ingress.kubernetes.io',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        clientConfig: {
          service: {
            name: 'ingress-nginx-controller-admission',
            namespace: 'ingress-nginx',
            port: 443,
          },
        },
      },
    ],
  });
}
