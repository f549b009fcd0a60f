import type { FieldError } from '../../errors.ts';
import type { Service } from '../../types.ts';
import { invalid, oneOf, optionalOneOf, required } from '../validate/field-errors.ts';
import { validatePortNumber } from '../validate/ports.ts';
import { needsClusterIP, needsExternalTrafficPolicy, needsHealthCheckNodePort } from './needs.ts';

const POLICIES: readonly string[] = ['Cluster', 'Local'];
const DISTRIBUTIONS: readonly string[] = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];

/** The rules for the fields that say which endpoints may take traffic. */
export function validateTrafficPolicies(service: Service): readonly FieldError[] {
  return [
    ...validateExternal(service),
    ...validateHealthCheckNodePort(service),
    ...validateInternal(service),
    ...optionalOneOf('spec.trafficDistribution', service.spec?.trafficDistribution, DISTRIBUTIONS),
  ];
}

function validateExternal(service: Service): readonly FieldError[] {
  const field = 'spec.externalTrafficPolicy';
  const policy = service.spec?.externalTrafficPolicy;
  if (needsExternalTrafficPolicy(service)) return oneOf(field, policy, POLICIES);
  if (policy === undefined) return [];
  return [invalid(field, policy, 'may only be set for externally-accessible services')];
}

function validateHealthCheckNodePort(service: Service): readonly FieldError[] {
  const field = 'spec.healthCheckNodePort';
  const port = service.spec?.healthCheckNodePort;
  if (needsHealthCheckNodePort(service))
    return port === undefined ? [required(field)] : validatePortNumber(field, port);
  if (port === undefined) return [];
  const detail =
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return [invalid(field, port, detail)];
}

function validateInternal(service: Service): readonly FieldError[] {
  const field = 'spec.internalTrafficPolicy';
  const policy = service.spec?.internalTrafficPolicy;
  if (policy === undefined) return needsClusterIP(service) ? [required(field)] : [];
  return optionalOneOf(field, policy, POLICIES);
}
