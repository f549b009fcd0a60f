import type { KubeObject } from '../object.ts';
import { at, count, fields, items, word } from '../kinds/object-path.ts';
import { addressWarnings, listWarnings } from './addresses.ts';
import { containerWarnings, containersOf } from './containers.ts';
import { fractionWarnings } from './fractions.ts';
import { deprecatedLabel, termWarnings } from './node-labels.ts';
import { overlapWarnings } from './overlapping-paths.ts';
import { portWarnings } from './ports.ts';
import { claimSpecWarnings } from './storage.ts';

const NO_SELECTOR = 'a null labelSelector results in matching no pod';
const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution';
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution';
const SECCOMP = 'seccomp.security.alpha.kubernetes.io/pod';
const DEPRECATED_ANNOTATIONS = Object.entries({
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls':
    'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls':
    'non-functional in v1.11+; use the "sysctls" field instead',
});
const DEPRECATED_VOLUMES = Object.entries<readonly [shown: string, why: string]>({
  photonPersistentDisk: ['photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  gitRepo: ['gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  scaleIO: ['scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  flocker: ['flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  storageos: ['storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  quobyte: ['quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  glusterfs: ['glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  cephfs: ['cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  rbd: ['rbd', 'deprecated in v1.28, non-functional in v1.31+'],
});

/** Of the template at `path`; of an update only where it is a new generation. */
export function templateWarnings(
  object: KubeObject,
  old: KubeObject | undefined,
  path: string,
): readonly string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
  return specWarnings(fields(object, path), `${path}.`);
}

/** Of a Pod. */
export function podWarnings(pod: KubeObject): readonly string[] {
  return specWarnings(pod, '');
}

/** @param prefix before `spec` and `metadata`; '' for a Pod. @see kubernetes `warningsForPodSpecAndMeta` */
function specWarnings(template: unknown, prefix: string): readonly string[] {
  const spec = fields(template, 'spec');
  const field = `${prefix}spec`;
  const annotations = fields(at(template, 'metadata'), 'annotations');
  const context = { annotations, prefix, spec };
  const volumes = items(spec, 'volumes');
  const hostAliases = items(spec, 'hostAliases');
  const containers = containersOf(spec, field);
  return [
    ...schedulingWarnings(spec, field),
    ...annotationWarnings(annotations, prefix),
    ...volumes.flatMap((volume, index) => volumeWarnings(volume, `${field}.volumes[${index}]`)),
    ...volumes.flatMap(overlapWarnings),
    ...repeated(hostAliases, `${field}.hostAliases`, 'ip'),
    ...repeated(items(spec, 'imagePullSecrets'), `${field}.imagePullSecrets`, 'name'),
    ...items(spec, 'imagePullSecrets').flatMap((secret, index) =>
      word(secret, 'name') === ''
        ? [`${field}.imagePullSecrets[${index}].name: invalid empty name ""`]
        : [],
    ),
    ...fractionWarnings(at(spec, 'overhead'), `${field}.overhead`, ['memory', 'ephemeral-storage']),
    ...(annotations[SECCOMP] !== undefined &&
    at(spec, 'securityContext.seccompProfile') === undefined
      ? [
          `${prefix}metadata.annotations[${SECCOMP}]: non-functional in v1.27+; use the "seccompProfile" field instead`,
        ]
      : []),
    ...containers.flatMap((container) => containerWarnings(container, context)),
    ...portWarnings(containers),
    ...(count(spec, 'terminationGracePeriodSeconds') < 0
      ? [
          `${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : []),
    ...affinityWarnings(at(spec, 'affinity'), `${field}.affinity`),
    ...listWarnings(
      items(at(spec, 'dnsConfig'), 'nameservers'),
      `${field}.dnsConfig.nameservers`,
      addressWarnings,
    ),
    ...hostAliases.flatMap((alias, index) =>
      addressWarnings(word(alias, 'ip'), `${field}.hostAliases[${index}].ip`),
    ),
  ];
}

function schedulingWarnings(spec: unknown, field: string): readonly string[] {
  const affinity = `${field}.affinity.nodeAffinity`;
  const nodes = at(at(spec, 'affinity'), 'nodeAffinity');
  return [
    ...Object.keys(fields(spec, 'nodeSelector')).flatMap((key) => {
      const why = deprecatedLabel(key);
      return why === undefined ? [] : [`${field}.nodeSelector[${key}]: ${why}`];
    }),
    ...items(at(nodes, REQUIRED), 'nodeSelectorTerms').flatMap((term, index) =>
      termWarnings(term, `${affinity}.${REQUIRED}.nodeSelectorTerms[${index}]`),
    ),
    ...items(nodes, PREFERRED).flatMap((term, index) =>
      termWarnings(at(term, 'preference'), `${affinity}.${PREFERRED}[${index}].preference`, true),
    ),
    ...items(spec, 'topologySpreadConstraints').flatMap((constraint, index) =>
      spreadWarnings(constraint, `${field}.topologySpreadConstraints[${index}]`),
    ),
  ];
}

function spreadWarnings(constraint: unknown, field: string): readonly string[] {
  const key = word(constraint, 'topologyKey');
  const why = deprecatedLabel(key);
  return [
    ...(why === undefined ? [] : [`${field}.topologyKey: ${key} is ${why}`]),
    ...(at(constraint, 'labelSelector') === undefined
      ? [`${field}.labelSelector: ${NO_SELECTOR}`]
      : []),
  ];
}

function annotationWarnings(
  annotations: Readonly<Record<string, unknown>>,
  prefix: string,
): readonly string[] {
  return DEPRECATED_ANNOTATIONS.filter(([key]) => annotations[key] !== undefined).map(
    ([key, why]) => `${prefix}metadata.annotations[${key}]: ${why}`,
  );
}

function volumeWarnings(volume: unknown, field: string): readonly string[] {
  const claim = at(at(volume, 'ephemeral'), 'volumeClaimTemplate.spec');
  const sources = fields({ volume }, 'volume');
  return [
    ...DEPRECATED_VOLUMES.filter(([source]) => sources[source] !== undefined).map(
      ([, [shown, why]]) => `${field}.${shown}: ${why}`,
    ),
    ...(claim === undefined
      ? []
      : claimSpecWarnings(claim, `${field}.ephemeral.volumeClaimTemplate.spec`)),
  ];
}

/** Of values that an entry before has. */
function repeated(list: readonly unknown[], field: string, key: string): readonly string[] {
  const values = list.map((item) => word(item, key));
  return values.flatMap((value, index) =>
    values.indexOf(value) < index
      ? [`${field}[${index}].${key}: duplicate ${key} ${JSON.stringify(value)}`]
      : [],
  );
}

function affinityWarnings(affinity: unknown, field: string): readonly string[] {
  if (affinity === undefined) return [];
  return ['podAffinity', 'podAntiAffinity'].flatMap((kind) => {
    const terms = at(affinity, kind);
    const place = `${field}.${kind}`;
    return [
      ...items(terms, REQUIRED).flatMap((term, index) =>
        at(term, 'labelSelector') === undefined
          ? [`${place}.${REQUIRED}[${index}].labelSelector: ${NO_SELECTOR}`]
          : [],
      ),
      ...items(terms, PREFERRED).flatMap((term, index) =>
        at(term, 'podAffinityTerm.labelSelector') === undefined
          ? [`${place}.${PREFERRED}[${index}].podAffinityTerm.labelSelector: ${NO_SELECTOR}`]
          : [],
      ),
    ];
  });
}
