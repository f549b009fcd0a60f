/** Why a Service does not answer: explain names the first link that is broken. */
import t from 'tap';
import type { StoreEvent } from '../../src/api/index.ts';
import { explain } from '../../src/cluster/explain.ts';
import type { Cluster } from '../../src/index.ts';
import { createFolder, startInProcess } from '../harness/instance.ts';
import { app, deployment, manifest, service } from '../harness/manifests.ts';

const UNREADY = { readinessProbe: { httpGet: { path: '/', port: 9 }, periodSeconds: 1 } };
const PORTS = [{ name: 'http', containerPort: 8080 }];
const sick = (name: string, container: object): readonly object[] =>
  app(name, {
    pod: { containers: [{ name: 'main', image: 'agnhost:2.53', ports: PORTS, ...container }] },
  });
const selecting = (name: string, selector: object | undefined, port: object): object =>
  service(name, { service: { selector, ports: [{ port: 80, ...port }] } });

const MANIFESTS = manifest(
  app('web', { replicas: 2 }),
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  deployment('api', { namespace: 'shop' }),
  selecting('typo', { app: 'wbe' }, {}),
  selecting('elsewhere', { app: 'api' }, {}),
  selecting('nobody', { team: 'x' }, {}),
  selecting('misnamed', { app: 'web' }, { targetPort: 'htpp' }),
  selecting('misnumbered', { app: 'web' }, { targetPort: 9999 }),
  selecting('manual', undefined, {}),
  sick('unready', { args: ['netexec'], ...UNREADY }),
  app('homeless', { pod: { nodeSelector: { no: 'such' } } }),
  sick('unconfigured', { envFrom: [{ configMapRef: { name: 'nosuch' } }] }),
);

const CASES = [
  { service: 'typo', says: /selector app=wbe matches no Pod \(Did you mean app=web\?\)/ },
  { service: 'elsewhere', says: /selector app=api matches no Pod \(.* are in namespace shop/ },
  { service: 'nobody', says: /selector team=x matches no Pod/ },
  {
    service: 'misnamed',
    says: /targetPort "htpp" is no port of pod default\/web-\S+ \(its containers have http \(8080\/TCP\)\)/,
  },
  {
    service: 'misnumbered',
    says: /targetPort 9999 is none of the ports that pod default\/web-\S+ declares \(its containers have http \(8080\/TCP\)\)/,
  },
  { service: 'manual', says: /it has no selector \(.*no EndpointSlice/ },
  { service: 'unready', says: /pod default\/unready-\S+ is not ready \(Readiness probe failed/ },
  { service: 'homeless', says: /pod default\/homeless-\S+ has no Node yet \(.*nodes? / },
  { service: 'unconfigured', says: /pod default\/unconfigured-\S+ is not ready \(.*nosuch/ },
] as const;

/** Events are written when there is nothing else to do. */
async function untilEvent({ store }: Cluster, reason: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const see = ({ object }: StoreEvent): void => {
    if (object['reason'] === reason) resolve();
  };
  using _watch = store.watch<string>('Event', see, { sendInitialEvents: true });
  await promise;
}

t.test('explain() names the first broken link', async (t) => {
  using folder = createFolder({ 'all.yaml': MANIFESTS });
  await using instance = await startInProcess({ paths: [folder.path] });
  await untilEvent(instance.cluster, 'Unhealthy');
  for (const { service: name, says } of CASES) {
    const { steps } = await explain(instance.cluster, {
      to: `http://${name}/`,
      namespace: 'default',
    });
    const told = steps.map(({ what, because = '' }) => `${what} (${because})`).join('\n');
    t.match(told, says, name);
  }
  const { steps } = await explain(instance.cluster, { to: 'http://web/', namespace: 'default' });
  t.notOk(
    steps.some(({ part, outcome }) => part === 'endpoints' && outcome === 'fail'),
    'nothing is broken',
  );
});
