/** Services with a selector, as random scripts write them. */
import type { Dice } from '../../fuzz/target.ts';
import { request, type Step } from '../script.ts';

const SERVICES = '/api/v1/namespaces/NS/services';

export function createService(dice: Dice, name: string): Step {
  const family = dice.pick(['SingleStack', 'SingleStack', 'PreferDualStack', 'RequireDualStack']);
  const isExternal = dice.once(20);
  const body = {
    metadata: {
      name,
      ...(dice.once(2) && { labels: labelsOf(dice) }),
      ...(dice.once(3) && { annotations: annotationsOf(dice) }),
    },
    spec: isExternal
      ? { type: 'ExternalName', externalName: 'example.org', selector: { app: 'web' } }
      : {
          ...selectorOf(dice),
          type: dice.pick(['ClusterIP', 'ClusterIP', 'ClusterIP', 'NodePort', 'LoadBalancer']),
          ...(dice.once(4) && { type: 'ClusterIP', clusterIP: 'None' }),
          ipFamilyPolicy: family,
          ...(family === 'SingleStack' && dice.once(3) && { ipFamilies: ['IPv6'] }),
          ...(dice.once(4) && { publishNotReadyAddresses: true }),
          ...distributionOf(dice),
          ports: portsOf(dice),
        },
  };
  return request({ method: 'POST', path: SERVICES, body });
}

export function deleteService(name: string): Step {
  return request({ method: 'DELETE', path: `${SERVICES}/${name}` });
}

const CHANGES: readonly ((dice: Dice) => object)[] = [
  (dice) => ({ spec: { ports: portsOf(dice) } }),
  (dice) => ({ spec: { ports: portsOf(dice) } }),
  (dice) => ({ spec: { publishNotReadyAddresses: dice.once(2) } }),
  (dice) => ({ spec: { trafficDistribution: null, ...distributionOf(dice) } }),
  (dice) => ({
    spec: { trafficDistribution: dice.pick(['PreferClose', 'PreferSameZone', 'PreferSameNode']) },
  }),
  (dice) => ({ spec: { selector: { app: 'web', tier: dice.pick([null, 'x', 'y']) } } }),
  () => ({ spec: { selector: null } }),
  (dice) => ({ spec: { selector: { app: dice.pick(['web', 'api']) } } }),
  (dice) => ({ metadata: { labels: labelsOf(dice) } }),
  () => ({ metadata: { labels: { team: null } } }),
  (dice) => ({ metadata: { annotations: annotationsOf(dice) } }),
  () => ({
    metadata: {
      annotations: {
        'service.kubernetes.io/topology-mode': null,
        'service.kubernetes.io/topology-aware-hints': null,
      },
    },
  }),
  (dice) => ({ spec: { ipFamilyPolicy: dice.pick(['SingleStack', 'PreferDualStack']) } }),
  () => ({ spec: { type: 'ExternalName', externalName: 'example.org', clusterIP: '' } }),
];

export function changeService(dice: Dice, name: string): Step {
  const body = dice.pick(CHANGES)(dice);
  return request({ method: 'PATCH', path: `${SERVICES}/${name}`, body });
}

function selectorOf(dice: Dice): object {
  if (dice.once(10)) return {};
  return { selector: { app: 'web', ...(dice.once(4) && { tier: dice.pick(['x', 'y']) }) } };
}

function distributionOf(dice: Dice): object {
  if (!dice.once(3)) return {};
  return { trafficDistribution: dice.pick(['PreferClose', 'PreferSameZone', 'PreferSameNode']) };
}

function labelsOf(dice: Dice): object {
  return {
    team: dice.pick(['a', 'b']),
    ...(dice.once(6) && { 'endpointslice.kubernetes.io/skip-mirror': 'true' }),
    ...(dice.once(6) && { 'service.kubernetes.io/service-proxy-name': 'mine' }),
    ...(dice.once(8) && { 'kubernetes.io/service-name': 'elsewhere' }),
    ...(dice.once(8) && { 'endpointslice.kubernetes.io/managed-by': 'me' }),
  };
}

function annotationsOf(dice: Dice): object {
  const mode = dice.pick(['Auto', 'auto', 'Disabled', 'AUTO', 'example.org/own']);
  return {
    'example.org/note': dice.pick(['one', 'two']),
    ...(dice.once(2) && {
      [dice.pick([
        'service.kubernetes.io/topology-mode',
        'service.kubernetes.io/topology-aware-hints',
      ])]: mode,
    }),
  };
}

function portsOf(dice: Dice): readonly object[] {
  const http = {
    name: 'http',
    port: 80,
    ...dice.pick([{}, { targetPort: 8080 }, { targetPort: 'http' }, { targetPort: 'http' }]),
    ...(dice.once(5) && { appProtocol: 'kubernetes.io/h2c' }),
  };
  const metrics = { name: 'metrics', port: 9100, targetPort: dice.pick([9100, 'metrics']) };
  const dns = { name: 'dns', port: 53, protocol: 'UDP', targetPort: dice.pick([53, 'dns']) };
  const one = { port: 80, ...dice.pick([{}, { targetPort: 'http' }, { targetPort: 8080 }]) };
  return dice.pick([[http], [http], [one], [http, metrics], [http, metrics, dns], [metrics, http]]);
}
