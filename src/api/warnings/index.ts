/** What the API server tells clients about objects that it takes, in its own words; loaded when the first client writes. */
import { checkDnsLabel } from '../names.ts';
import type { KubeObject } from '../object.ts';
import { count, fields, items, word } from '../kinds/object-path.ts';
import type { Warn } from '../warnings.ts';
import { addressWarnings, listWarnings, prefixWarnings } from './addresses.ts';
import { networkPolicyWarnings } from './network-policy.ts';
import { selectorWarnings, topologyWarnings } from './node-labels.ts';
import { podWarnings, templateWarnings } from './pod-template.ts';
import { quotaWarnings } from './quota.ts';
import { secretWarnings } from './secret.ts';
import { serviceWarnings } from './service.ts';
import {
  claimSpecWarnings,
  claimWarnings,
  csiDriverWarnings,
  persistentVolumeWarnings,
} from './storage.ts';

const MOUNTABLE = 'kubernetes.io/enforce-mountable-secrets';
const INGRESS_CLASS = 'kubernetes.io/ingress.class';
const CONTROLLERS = /^endpoint(-controller|slice(mirroring)?-controller\.k8s\.io)$/;

/** Kinds that there is something to say of. */
export const WARNINGS: Readonly<Record<string, Warn>> = {
  CronJob: (object, old) => [
    ...hostnameWarnings(object, old),
    ...jobWarnings(object, old, 'spec.jobTemplate.spec'),
    ...(old !== undefined && word(object, 'spec.schedule').includes('TZ')
      ? [
          'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details',
        ]
      : []),
  ],
  DaemonSet: (object, old) => templateWarnings(object, old, 'spec.template'),
  Deployment: workloadWarnings,
  Endpoints: endpointsWarnings,
  EndpointSlice: endpointSliceWarnings,
  Ingress: (ingress, old) =>
    old === undefined &&
    hasAnnotation(ingress, INGRESS_CLASS) &&
    word(ingress, 'spec.ingressClassName') === ''
      ? [`annotation "${INGRESS_CLASS}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
  Job: (object, old) => [...hostnameWarnings(object, old), ...jobWarnings(object, old, 'spec')],
  NetworkPolicy: networkPolicyWarnings,
  Node: (node) => [
    ...(fields(node, 'spec')['configSource'] === undefined
      ? []
      : ['spec.configSource: the feature is removed']),
    ...(word(node, 'spec.externalID') === ''
      ? []
      : ['spec.externalID: this field is deprecated, and is unused by Kubernetes']),
    ...listWarnings(items(node, 'spec.podCIDRs'), 'spec.podCIDRs', prefixWarnings),
  ],
  PersistentVolume: persistentVolumeWarnings,
  PersistentVolumeClaim: claimWarnings,
  Pod: (pod, old) =>
    old === undefined
      ? [
          ...nameWarnings(
            pod,
            "the Pod's hostname, which can result in surprising behavior; a DNS label is recommended",
          ),
          ...podWarnings(pod),
        ]
      : [],
  PodTemplate: (object, old) => templateWarnings(object, old, 'template'),
  ReplicaSet: workloadWarnings,
  // An update is told of the template from before: upstream's arguments are the wrong way round.
  ReplicationController: (object, old) =>
    old === undefined || old.metadata.generation === object.metadata.generation
      ? workloadWarnings(object, old)
      : templateWarnings(old, undefined, 'spec.template'),
  ResourceQuota: (quota, old) => (old === undefined ? quotaWarnings(quota) : []),
  Secret: secretWarnings,
  Service: serviceWarnings,
  ServiceAccount: (account, old) =>
    hasAnnotation(account, MOUNTABLE) && (old === undefined || !hasAnnotation(old, MOUNTABLE))
      ? [
          `metadata.annotations[${MOUNTABLE}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : [],
  StatefulSet: statefulSetWarnings,
  'CSIDriver.storage.k8s.io': csiDriverWarnings,
  'CSIStorageCapacity.storage.k8s.io': (object) => selectorWarnings(object, 'nodeTopology'),
  'StorageClass.storage.k8s.io': topologyWarnings,
};

function hasAnnotation({ metadata }: KubeObject, key: string): boolean {
  return metadata.annotations?.[key] !== undefined;
}

function nameWarnings({ metadata }: KubeObject, use: string): readonly string[] {
  const complaints = checkDnsLabel(metadata.name);
  return complaints.length === 0
    ? []
    : [`metadata.name: this is used in ${use}: [${complaints.join(' ')}]`];
}

/** Of those whose Pods are named after them. */
function hostnameWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  return old === undefined
    ? nameWarnings(
        object,
        'Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended',
      )
    : [];
}

function workloadWarnings(object: KubeObject, old: KubeObject | undefined): readonly string[] {
  return [...hostnameWarnings(object, old), ...templateWarnings(object, old, 'spec.template')];
}

const MOST_COMPLETIONS = 100_000;
const MOST_PARALLEL = 10_000;

function jobWarnings(
  object: KubeObject,
  old: KubeObject | undefined,
  path: string,
): readonly string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
  const isLarge =
    word(object, `${path}.completionMode`) === 'Indexed' &&
    count(object, `${path}.completions`) > MOST_COMPLETIONS &&
    count(object, `${path}.parallelism`) > MOST_PARALLEL;
  return [
    ...(isLarge
      ? [
          `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...templateWarnings(object, old, `${path}.template`),
  ];
}

function statefulSetWarnings(set: KubeObject, old: KubeObject | undefined): readonly string[] {
  // Upstream's path of an update has a capital.
  const spec = old === undefined ? '' : '.Spec';
  return [
    ...templateWarnings(set, old, 'spec.template'),
    ...items(set, 'spec.volumeClaimTemplates').flatMap((claim, index) =>
      claimSpecWarnings(fields(claim, 'spec'), `spec.volumeClaimTemplates[${index}]${spec}`),
    ),
    ...(count(set, 'spec.revisionHistoryLimit') < 0
      ? [
          'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended',
        ]
      : []),
  ];
}

/** Controllers write addresses as they should be. */
function isByController({ metadata }: KubeObject, label: string): boolean {
  return CONTROLLERS.test(metadata.labels?.[label] ?? '');
}

function endpointsWarnings(endpoints: KubeObject): readonly string[] {
  if (isByController(endpoints, 'endpoints.kubernetes.io/managed-by')) return [];
  return items(endpoints, 'subsets').flatMap((subset, index) =>
    ['addresses', 'notReadyAddresses'].flatMap((list) =>
      items(subset, list).flatMap((address, place) =>
        addressWarnings(word(address, 'ip'), `subsets[${index}].${list}[${place}].ip`),
      ),
    ),
  );
}

function endpointSliceWarnings(slice: KubeObject, old: KubeObject | undefined): readonly string[] {
  const isNamed = old === undefined && slice['addressType'] === 'FQDN';
  return [
    ...(isNamed ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
    ...(isByController(slice, 'endpointslice.kubernetes.io/managed-by')
      ? []
      : items(slice, 'endpoints').flatMap((endpoint, index) =>
          listWarnings(
            items(endpoint, 'addresses'),
            `endpoints[${index}].addresses`,
            addressWarnings,
          ),
        )),
  ];
}
