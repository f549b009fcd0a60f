import type { KubeObject } from '../object.ts';
import { items, word } from '../kinds/object-path.ts';
import { addressWarnings, listWarnings, prefixWarnings } from './addresses.ts';

const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints';
const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode';

/** Of what a Service has and nobody looks at, or soon will not. @see kubernetes `GetWarningsForService` */
export function serviceWarnings(service: KubeObject): readonly string[] {
  const type = word(service, 'spec.type');
  const clusterIP = word(service, 'spec.clusterIP');
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None';
  const loadBalancerIP = word(service, 'spec.loadBalancerIP');
  return [
    ...when(
      service.metadata.annotations?.[TOPOLOGY_HINTS] !== undefined,
      `annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`,
    ),
    ...(clusterIP === '' || clusterIP === 'None' || type === 'ExternalName'
      ? []
      : listWarnings(items(service, 'spec.clusterIPs'), 'spec.clusterIPs', addressWarnings)),
    ...(isHeadless ? headlessWarnings(service, loadBalancerIP) : []),
    ...listWarnings(items(service, 'spec.externalIPs'), 'spec.externalIPs', addressWarnings),
    ...when(
      hasExternalIPs(service) && !isHeadless && type !== 'ExternalName',
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ),
    ...addressWarnings(loadBalancerIP, 'spec.loadBalancerIP'),
    ...listWarnings(
      items(service, 'spec.loadBalancerSourceRanges'),
      'spec.loadBalancerSourceRanges',
      prefixWarnings,
    ),
    ...typeWarnings(service, type),
    ...when(
      word(service, 'spec.trafficDistribution') === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ];
}

function headlessWarnings(service: KubeObject, loadBalancerIP: string): readonly string[] {
  const ignored = (field: string): string => `spec.${field} is ignored for headless services`;
  return [
    ...when(loadBalancerIP !== '', ignored('loadBalancerIP')),
    ...when(hasExternalIPs(service), ignored('externalIPs')),
    ...when(word(service, 'spec.sessionAffinity') !== 'None', ignored('SessionAffinity')),
  ];
}

function typeWarnings(service: KubeObject, type: string): readonly string[] {
  const isExternal = type === 'ExternalName';
  return [
    ...when(
      isExternal && hasExternalIPs(service),
      'spec.externalIPs is ignored when spec.type is "ExternalName"',
    ),
    ...when(
      !isExternal && word(service, 'spec.externalName') !== '',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ),
  ];
}

function hasExternalIPs(service: KubeObject): boolean {
  return items(service, 'spec.externalIPs').length > 0;
}

function when(isSo: boolean, text: string): readonly string[] {
  return isSo ? [text] : [];
}
