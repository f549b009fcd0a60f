import { defineKind, type KindRow } from '../kind.ts';
import type { Service } from '../types.ts';
import { AGE, NAME, NONE, showIngress, showLabels, text, wide } from './columns.ts';
import { defaultService } from './service/defaults.ts';
import { dropLoadBalancerStatus, dropTypeDependentFields } from './service/type-change.ts';
import { validateServiceStatus } from './service/status.ts';
import { validateService } from './service/validate.ts';
import { checkDnsLabel } from '../names.ts';

/** A stable name, and mostly address, for a set of endpoints. */
export const SERVICE: KindRow<'Service'> = defineKind('Service', {
  defaults: defaultService,
  prepareForCreate: (service) => ({ ...service, status: { loadBalancer: {} } }),
  prepareForUpdate: (service, old) => dropLoadBalancerStatus(dropTypeDependentFields(service, old)),
  validate: validateService,
  validateStatus: validateServiceStatus,
  validateName: checkDnsLabel,
  selectableFields: {
    'spec.clusterIP': ({ spec }) => spec?.clusterIP ?? '',
    'spec.type': ({ spec }) => spec?.type ?? '',
  },
  columns: [
    NAME,
    text('Type', ({ spec }) => spec?.type ?? ''),
    text('Cluster-IP', ({ spec }) => spec?.clusterIPs?.[0] ?? NONE),
    text('External-IP', externalIP),
    text('Port(s)', ports),
    AGE,
    wide('Selector', ({ spec }) => showLabels(spec?.selector)),
  ],
});

function externalIP({ spec = {}, status }: Service): string {
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  const { externalIPs = [] } = spec;
  if (spec.type !== 'LoadBalancer') return externalIPs.length > 0 ? externalIPs.join(',') : NONE;
  const shown = [...showIngress(status?.loadBalancer?.ingress), ...externalIPs];
  return shown.length > 0 ? shown.join(',') : '<pending>';
}

function ports({ spec }: Service): string {
  const shown = (spec?.ports ?? []).map(({ port, nodePort, protocol }) =>
    nodePort === undefined ? `${port}/${protocol}` : `${port}:${nodePort}/${protocol}`,
  );
  return shown.length > 0 ? shown.join(',') : NONE;
}
