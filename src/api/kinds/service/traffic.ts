import type { FieldError } from '../../errors.ts';
import type { ServiceSpec } from '../../types.ts';
import { invalid, oneOf, optionalOneOf, required } from '../validate/field-errors.ts';
import { validatePortNumber } from '../validate/ports.ts';
import { needsClusterIP, needsExternalTrafficPolicy, needsHealthCheckNodePort } from './needs.ts';

const POLICIES: readonly string[] = ['Cluster', 'Local'];
const DISTRIBUTIONS: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];

/** The rules for the fields that say which endpoints may take traffic. */
export function validateTrafficPolicies(spec: ServiceSpec): readonly FieldError[] {
  return [
    ...validateExternal(spec),
    ...validateHealthCheckNodePort(spec),
    ...validateInternal(spec),
    ...optionalOneOf('spec.trafficDistribution', spec.trafficDistribution, DISTRIBUTIONS),
  ];
}

function validateExternal(spec: ServiceSpec): readonly FieldError[] {
  const field = 'spec.externalTrafficPolicy';
  const policy = spec.externalTrafficPolicy;
  if (needsExternalTrafficPolicy(spec)) return oneOf(field, policy, POLICIES);
  if (policy === undefined) return [];
  return [invalid(field, policy, 'may only be set for externally-accessible services')];
}

function validateHealthCheckNodePort(spec: ServiceSpec): readonly FieldError[] {
  const field = 'spec.healthCheckNodePort';
  const port = spec.healthCheckNodePort;
  if (needsHealthCheckNodePort(spec))
    return port === undefined ? [required(field)] : validatePortNumber(field, port);
  if (port === undefined) return [];
  const detail =
    "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return [invalid(field, port, detail)];
}

function validateInternal(spec: ServiceSpec): readonly FieldError[] {
  const field = 'spec.internalTrafficPolicy';
  const policy = spec.internalTrafficPolicy;
  if (policy === undefined) return needsClusterIP(spec) ? [required(field)] : [];
  return optionalOneOf(field, policy, POLICIES);
}
