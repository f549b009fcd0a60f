/** What podlane knows of each kind besides what discovery tells: one row and one file a kind. */
import type { KindRow } from '../kind.ts';
import { CONFIG_MAP } from './config-map.ts';
import { CONTROLLER_REVISION } from './controller-revision.ts';
import { CRON_JOB } from './cron-job.ts';
import { CUSTOM_RESOURCE_DEFINITION } from './custom-resource-definition.ts';
import { DAEMON_SET } from './daemon-set.ts';
import { DEPLOYMENT } from './deployment.ts';
import { ENDPOINT_SLICE } from './endpoint-slice.ts';
import { ENDPOINTS } from './endpoints.ts';
import { EVENT, EVENT_OF_ITS_GROUP } from './event.ts';
import { HORIZONTAL_POD_AUTOSCALER } from './horizontal-pod-autoscaler.ts';
import { INGRESS_CLASS } from './ingress-class.ts';
import { INGRESS } from './ingress.ts';
import { IP_ADDRESS } from './ip-address.ts';
import { JOB } from './job.ts';
import { NAMESPACE } from './namespace.ts';
import { NETWORK_POLICY } from './network-policy.ts';
import { NODE } from './node.ts';
import { PERSISTENT_VOLUME_CLAIM } from './persistent-volume-claim.ts';
import { PERSISTENT_VOLUME } from './persistent-volume.ts';
import { POD_DISRUPTION_BUDGET, type PodDisruptionBudget } from './pod-disruption-budget.ts';
import { POD } from './pod.ts';
import { POD_TEMPLATE } from './pod-template.ts';
import { PRINTED_KINDS } from './printed.ts';
import { RBAC_KINDS } from './rbac.ts';
import { REPLICA_SET } from './replica-set.ts';
import { REPLICATION_CONTROLLER } from './replication-controller.ts';
import { SECRET } from './secret.ts';
import { SERVICE_ACCOUNT } from './service-account.ts';
import { SERVICE_CIDR } from './service-cidr.ts';
import { SERVICE } from './service.ts';
import { STATEFUL_SET, statefulSetKind, type StatefulSetGates } from './stateful-set.ts';
import { SETTLED_KINDS } from './settled.ts';
import { CLAIM_PROTECTION, storageClassOf, VOLUME_PROTECTION } from './storage.ts';
import { STORED_KINDS } from './stored.ts';

export { CLAIM_PROTECTION, statefulSetKind, storageClassOf, VOLUME_PROTECTION };
export type { PodDisruptionBudget, StatefulSetGates };

/** Every kind that has a row of its own, in the order of the API's groups; any other is stored as it is. */
export const KINDS: readonly KindRow[] = [
  CONFIG_MAP,
  ENDPOINTS,
  EVENT,
  EVENT_OF_ITS_GROUP,
  NAMESPACE,
  NODE,
  PERSISTENT_VOLUME_CLAIM,
  PERSISTENT_VOLUME,
  POD,
  SECRET,
  SERVICE_ACCOUNT,
  SERVICE,
  CONTROLLER_REVISION,
  DAEMON_SET,
  DEPLOYMENT,
  REPLICA_SET,
  STATEFUL_SET,
  HORIZONTAL_POD_AUTOSCALER,
  CRON_JOB,
  JOB,
  ENDPOINT_SLICE,
  INGRESS_CLASS,
  INGRESS,
  IP_ADDRESS,
  NETWORK_POLICY,
  POD_DISRUPTION_BUDGET,
  SERVICE_CIDR,
  CUSTOM_RESOURCE_DEFINITION,
  ...STORED_KINDS,
  ...PRINTED_KINDS,
  ...RBAC_KINDS,
  ...SETTLED_KINDS,
  POD_TEMPLATE,
  REPLICATION_CONTROLLER,
];
