import type { FieldError } from '../../errors.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import type { HostAlias, PodDNSConfig, PodSpec, PodTemplateSpec } from '../../types.ts';
import { validateIp } from '../validate/addresses.ts';
import { forbidden, invalid, invalidEach, oneOf, required } from '../validate/field-errors.ts';
import { validateAnnotations, validateLabels } from '../validate/labels.ts';
import { checkSearchDomain } from '../validate/names.ts';
import { validateContainers, validateInitContainers, type PodContext } from './containers.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import { validateReadinessGates } from './probes.ts';
import { validateResources } from './resources.ts';
import { validateAffinity, validateSpread, validateTolerations } from './scheduling.ts';
import { validatePodSecurity } from './security.ts';
import {
  validateClass,
  validateHostnameOverride,
  validateHostUsers,
  validateResourceClaims,
  validateSchedulingGates,
  validateSystem,
} from './settings.ts';
import { judgeVolumes } from './volumes.ts';

const RESTART_POLICIES: readonly string[] = ['Always', 'OnFailure', 'Never'];
const DNS_POLICIES: readonly string[] = [
  'ClusterFirstWithHostNet',
  'ClusterFirst',
  'Default',
  'None',
];

const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const INT32_MAX = 2_147_483_647;

/** Every error of a Pod's spec, wherever it stands. @param podName '' in a template. @see kubernetes `ValidatePodSpec` */
export function validatePodSpec(
  field: string,
  spec: PodSpec,
  podName: string = '',
): readonly FieldError[] {
  const volumes = judgeVolumes(`${field}.volumes`, spec.volumes, podName);
  const context: PodContext = {
    volumes: volumes.known,
    isHostNetwork: spec.hostNetwork === true,
    hasHostUsers: spec.hostUsers !== false,
    isPod: podName !== '',
    claims: (spec.resourceClaims ?? []).map(({ name }) => name).toSorted(),
    restartPolicy: spec.restartPolicy,
    graceSeconds: spec.terminationGracePeriodSeconds,
    names: new Set(),
  };
  return [
    ...volumes.errors,
    ...validateResourceClaims(`${field}.resourceClaims`, spec.resourceClaims),
    ...validateContainers(`${field}.containers`, spec.containers, context),
    ...validateInitContainers(`${field}.initContainers`, spec.initContainers ?? [], context),
    ...validateEphemeralContainers(
      `${field}.ephemeralContainers`,
      spec.ephemeralContainers ?? [],
      context,
    ),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES),
    ...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES),
    ...validateLabels(`${field}.nodeSelector`, spec.nodeSelector),
    ...validatePodSecurity(field, spec),
    ...validateAffinity(`${field}.affinity`, spec.affinity),
    ...validateDnsConfig(`${field}.dnsConfig`, spec),
    ...validateReadinessGates(`${field}.readinessGates`, spec.readinessGates),
    ...validateSchedulingGates(`${field}.schedulingGates`, spec.schedulingGates),
    ...validateSpread(`${field}.topologySpreadConstraints`, spec.topologySpreadConstraints),
    ...validateHostUsers(field, spec),
    ...validateHostnameOverride(field, spec),
    ...validatePlaces(field, spec),
    ...validateNames(field, spec),
    ...validateTolerations(`${field}.tolerations`, spec.tolerations),
    ...(spec.hostAliases ?? []).flatMap((alias, index) =>
      validateHostAlias(`${field}.hostAliases[${index}]`, alias),
    ),
    ...validateSubdomainName(`${field}.priorityClassName`, spec.priorityClassName),
    ...validateClass(field, spec),
    ...(spec.overhead ? validateResources(`${field}.overhead`, { limits: spec.overhead }) : []),
    ...validateSystem(field, spec),
  ];
}

/** Every error of the Pod template in a workload. */
export function validatePodTemplate(
  field: string,
  { metadata, spec }: PodTemplateSpec,
): readonly FieldError[] {
  return [
    ...validateLabels(`${field}.labels`, metadata?.labels),
    ...validateAnnotations(`${field}.annotations`, metadata?.annotations),
    ...validatePodSpec(`${field}.spec`, { ...spec, containers: spec?.containers ?? [] }),
    ...((spec?.ephemeralContainers ?? []).length > 0
      ? [
          forbidden(
            `${field}.spec.ephemeralContainers`,
            'ephemeral containers not allowed in pod template',
          ),
        ]
      : []),
  ];
}

/** As whom, where and how long it runs. */
function validatePlaces(field: string, spec: PodSpec): readonly FieldError[] {
  const { activeDeadlineSeconds: deadline } = spec;
  const isOutside = deadline !== undefined && (deadline < 1 || deadline > INT32_MAX);
  return [
    ...validateSubdomainName(`${field}.serviceAccountName`, spec.serviceAccountName),
    ...validateSubdomainName(`${field}.nodeName`, spec.nodeName),
    ...(isOutside
      ? [
          invalid(
            `${field}.activeDeadlineSeconds`,
            deadline,
            `must be between 1 and ${INT32_MAX}, inclusive`,
          ),
        ]
      : []),
  ];
}

function validateSubdomainName(field: string, name: string = ''): readonly FieldError[] {
  return name === '' ? [] : invalidEach(field, name, checkDnsSubdomain(name));
}

function validateNames(field: string, spec: PodSpec): readonly FieldError[] {
  return (['hostname', 'subdomain'] as const).flatMap((name) => {
    const value = spec[name] ?? '';
    return value === '' ? [] : invalidEach(`${field}.${name}`, value, checkDnsLabel(value));
  });
}

function validateDnsConfig(
  field: string,
  { dnsPolicy, dnsConfig }: PodSpec,
): readonly FieldError[] {
  if (dnsPolicy === 'None') {
    if (dnsConfig === undefined)
      return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')];
    if ((dnsConfig.nameservers ?? []).length === 0)
      return [
        required(
          `${field}.nameservers`,
          'must provide at least one DNS nameserver when `dnsPolicy` is None',
        ),
      ];
  }
  return dnsConfig === undefined ? [] : validateResolver(field, dnsConfig);
}

function validateResolver(
  field: string,
  { nameservers = [], searches = [], options = [] }: PodDNSConfig,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (nameservers.length > MAX_NAMESERVERS)
    errors.push(
      invalid(
        `${field}.nameservers`,
        nameservers,
        `must not have more than ${MAX_NAMESERVERS} nameservers`,
      ),
    );
  nameservers.forEach((nameserver, index) => {
    errors.push(...validateIp(`${field}.nameservers[${index}]`, nameserver));
  });
  if (searches.length > MAX_SEARCHES)
    errors.push(
      invalid(
        `${field}.searches`,
        searches,
        `must not have more than ${MAX_SEARCHES} search paths`,
      ),
    );
  if (searches.join(' ').length > MAX_SEARCH_CHARACTERS)
    errors.push(
      invalid(
        `${field}.searches`,
        searches,
        `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
      ),
    );
  searches.forEach((search, index) => {
    // A lone dot is the root.
    if (search === '.') return;
    const name = search.replace(/\.$/, '');
    errors.push(...invalidEach(`${field}.searches[${index}]`, name, checkSearchDomain(name)));
  });
  options.forEach(({ name = '' }, index) => {
    if (name === '') errors.push(required(`${field}.options[${index}]`, 'must not be empty'));
  });
  return errors;
}

function validateHostAlias(
  field: string,
  { ip, hostnames = [] }: HostAlias,
): readonly FieldError[] {
  return [
    ...validateIp(`${field}.ip`, ip),
    ...hostnames.flatMap((hostname, index) =>
      invalidEach(`${field}.hostnames[${index}]`, hostname, checkDnsSubdomain(hostname)),
    ),
  ];
}
