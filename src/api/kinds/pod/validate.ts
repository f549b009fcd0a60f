import type { FieldError } from '../../errors.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import type { HostAlias, PodDNSConfig, PodSpec, PodTemplateSpec } from '../../types.ts';
import { validateIp } from '../validate/addresses.ts';
import {
  forbidden,
  invalid,
  invalidEach,
  oneOf,
  required,
  validateCount,
} from '../validate/field-errors.ts';
import { validateAnnotations, validateLabels } from '../validate/labels.ts';
import { validateContainers, validateInitContainers, type PodContext } from './containers.ts';
import { validateEphemeralContainers } from './ephemeral-containers.ts';
import { validateReadinessGates } from './probes.ts';
import { validateScheduling } from './scheduling.ts';
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
    names: new Set(),
  };
  return [
    ...volumes.errors,
    ...validateContainers(`${field}.containers`, spec.containers, context),
    ...validateInitContainers(`${field}.initContainers`, spec.initContainers ?? [], context),
    ...validateEphemeralContainers(
      `${field}.ephemeralContainers`,
      spec.ephemeralContainers ?? [],
      context,
    ),
    ...oneOf(`${field}.restartPolicy`, spec.restartPolicy, RESTART_POLICIES),
    ...oneOf(`${field}.dnsPolicy`, spec.dnsPolicy, DNS_POLICIES),
    ...validateScheduling(field, spec),
    ...validateDnsConfig(`${field}.dnsConfig`, spec),
    ...validateReadinessGates(`${field}.readinessGates`, spec.readinessGates),
    ...validateNames(field, spec),
    ...validateDeadlines(field, spec),
    ...(spec.hostAliases ?? []).flatMap((alias, index) =>
      validateHostAlias(`${field}.hostAliases[${index}]`, alias),
    ),
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

function validateNames(field: string, spec: PodSpec): readonly FieldError[] {
  const label = (name: 'hostname' | 'subdomain'): readonly FieldError[] => {
    const value = spec[name];
    return value === undefined ? [] : invalidEach(`${field}.${name}`, value, checkDnsLabel(value));
  };
  const subdomain = (
    name: 'serviceAccountName' | 'nodeName' | 'priorityClassName',
  ): readonly FieldError[] => {
    const value = spec[name] ?? '';
    return value === '' ? [] : invalidEach(`${field}.${name}`, value, checkDnsSubdomain(value));
  };
  return [
    ...subdomain('serviceAccountName'),
    ...subdomain('nodeName'),
    ...label('hostname'),
    ...label('subdomain'),
    ...subdomain('priorityClassName'),
  ];
}

function validateDeadlines(field: string, spec: PodSpec): readonly FieldError[] {
  const { activeDeadlineSeconds: deadline, terminationGracePeriodSeconds: grace } = spec;
  const isOutside = deadline !== undefined && (deadline < 1 || deadline > INT32_MAX);
  return [
    ...(isOutside
      ? [
          invalid(
            `${field}.activeDeadlineSeconds`,
            deadline,
            `must be between 1 and ${INT32_MAX}, inclusive`,
          ),
        ]
      : []),
    ...validateCount(`${field}.terminationGracePeriodSeconds`, grace),
  ];
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
    // A lone dot is the root; underscores are let through, for resolvers take them.
    if (search === '.') return;
    const name = search
      .replace(/\.$/, '')
      .replaceAll('_', '-')
      .replace(/(^|\.)-/g, '$1a-');
    errors.push(...invalidEach(`${field}.searches[${index}]`, search, checkDnsSubdomain(name)));
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
