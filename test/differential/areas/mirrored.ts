/** Services without a selector, and the Endpoints that somebody writes for them. */
import type { Dice } from '../../fuzz/target.ts';
import { request, together, type Step } from '../script.ts';

const SERVICES = '/api/v1/namespaces/NS/services';
const ENDPOINTS = '/api/v1/namespaces/NS/endpoints';

export function createMirrored(dice: Dice, name: string): Step {
  const service = request({
    method: 'POST',
    path: SERVICES,
    body: {
      metadata: { name, ...(dice.once(3) && { labels: { team: 'a' } }) },
      spec: {
        ...(dice.once(3) && { clusterIP: 'None' }),
        ipFamilyPolicy: dice.pick(['SingleStack', 'PreferDualStack']),
        ports: [{ name: 'http', port: 80 }],
      },
    },
  });
  const endpoints = request({ method: 'POST', path: ENDPOINTS, body: endpointsOf(dice, name) });
  return together(dice.once(2) ? [service, endpoints] : [endpoints, service]);
}

const CHANGES: readonly ((dice: Dice, name: string) => Step)[] = [
  (dice, name) => put(dice, name),
  (dice, name) => put(dice, name),
  (dice, name) => put(dice, name),
  (dice, name) => patch(name, { metadata: { labels: labelsOf(dice) } }),
  (dice, name) => patch(name, { metadata: { annotations: annotationsOf(dice) } }),
  (_, name) => patch(name, { subsets: null }),
  (_, name) =>
    patch(name, { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } }),
  (_, name) =>
    patch(name, { metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': null } } }),
  (_, name) => request({ method: 'DELETE', path: `${ENDPOINTS}/${name}` }),
  (_, name) => request({ method: 'DELETE', path: `${SERVICES}/${name}` }),
  (dice, name) => createMirrored(dice, name),
  (_, name) =>
    request({
      method: 'PATCH',
      path: `${SERVICES}/${name}`,
      body: { spec: { selector: { app: 'web' } } },
    }),
  (_, name) =>
    request({ method: 'PATCH', path: `${SERVICES}/${name}`, body: { spec: { selector: null } } }),
];

export function changeMirrored(dice: Dice, name: string): Step {
  return dice.pick(CHANGES)(dice, name);
}

function put(dice: Dice, name: string): Step {
  return request({
    method: 'PUT',
    path: `${ENDPOINTS}/${name}`,
    body: endpointsOf(dice, name),
  });
}

function patch(name: string, body: object): Step {
  return request({ method: 'PATCH', path: `${ENDPOINTS}/${name}`, body });
}

function endpointsOf(dice: Dice, name: string): object {
  return {
    metadata: {
      name,
      ...(dice.once(2) && { labels: labelsOf(dice) }),
      ...(dice.once(3) && { annotations: annotationsOf(dice) }),
    },
    subsets: dice.once(25) ? [crowd(dice)] : dice.list(3, () => subsetOf(dice)),
  };
}

function labelsOf(dice: Dice): object {
  return {
    team: dice.pick(['a', 'b']),
    ...(dice.once(6) && {
      'endpointslice.kubernetes.io/skip-mirror': dice.pick(['true', 'false']),
    }),
    ...(dice.once(8) && { 'service.kubernetes.io/headless': '' }),
    ...(dice.once(8) && { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' }),
    ...(dice.once(8) && { 'kubernetes.io/service-name': 'elsewhere' }),
  };
}

function annotationsOf(dice: Dice): object {
  return {
    'example.org/note': dice.pick(['one', 'two']),
    ...(dice.once(3) && {
      'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
    }),
    ...(dice.once(6) && { 'control-plane.alpha.kubernetes.io/leader': '{}' }),
    ...(dice.once(6) && { 'endpoints.kubernetes.io/over-capacity': 'truncated' }),
    ...(dice.once(6) && { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }),
  };
}

const ADDRESSES = ['192.0.2.1', '192.0.2.2', '192.0.2.3', 'fd00::1', 'fd00::2'];

function subsetOf(dice: Dice): object {
  const addresses = dice.list(3, () => addressOf(dice));
  const notReadyAddresses = dice.list(1, () => addressOf(dice));
  const ports = dice.pick([
    [{ name: 'http', port: 8080 }],
    [{ name: 'http', port: 8080 }],
    [
      { name: 'http', port: 8080 },
      { name: 'dns', port: 53, protocol: 'UDP' },
    ],
    [{ port: 8080 }],
    [{ name: 'http', port: 8081, appProtocol: 'http' }],
    [],
  ]);
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ports,
  };
}

function addressOf(dice: Dice): object {
  return {
    ip: dice.pick(ADDRESSES),
    ...(dice.once(4) && { hostname: dice.pick(['h1', 'h2']) }),
    ...(dice.once(4) && { nodeName: dice.pick(['n1', 'gone']) }),
    ...(dice.once(5) && { targetRef: { kind: 'Pod', name: 'p1', namespace: 'default' } }),
  };
}

/** More addresses than a mirrored subset may have. */
function crowd(dice: Dice): object {
  const count = dice.between(990, 1010);
  return {
    addresses: Array.from({ length: count }, (_, index) => ({
      ip: `192.0.${2 + (index >> 7)}.${(index & 127) + 1}`,
    })),
    ports: [{ name: 'http', port: 8080 }],
  };
}
