/** What `k8s_external` shows under other zones. */
export { kubernetesOf } from './setup.ts';
export type { Kubernetes } from './index.ts';
export { hostOf, type Host, type PortRecord, type ServiceRecords } from './records.ts';
export type { ClusterRecords } from './tables.ts';
