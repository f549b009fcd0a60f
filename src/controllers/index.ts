/** The control loops that bring the cluster to what its objects ask for, and the edge that runs them. */
import type { KindRegistry } from '../api/index.ts';
import type { PodCidrsOptions } from '../ipam/index.ts';
import type { Controller } from './controller.ts';
import { createCronJobController } from './cron-job/cron-job-controller.ts';
import { createDaemonSetController } from './daemon-set/daemon-set-controller.ts';
import { defined } from './defined.ts';
import { createDeploymentController } from './deployment/deployment-controller.ts';
import { createDisruptionController } from './disruption/disruption-controller.ts';
import {
  createEndpointSliceController,
  type EndpointSliceControllerOptions,
} from './endpoint-slice/endpoint-slice-controller.ts';
import { createEndpointSliceMirroringController } from './endpoint-slice-mirroring/endpoint-slice-mirroring-controller.ts';
import { createEndpointsController } from './endpoints/endpoints-controller.ts';
import { createEphemeralVolumeController } from './ephemeral-volume/reconcile.ts';
import { createGarbageCollector } from './garbage-collector/reconcile.ts';
import {
  createIngressStatusController,
  type IngressStatusOptions,
} from './ingress-status/reconcile.ts';
import { createIpAddressController } from './ip-address/reconcile.ts';
import { createJobController } from './job/job-controller.ts';
import {
  createLoadBalancerController,
  LOAD_BALANCER_CLASS,
  type LoadBalancerOptions,
} from './load-balancer/reconcile.ts';
import { createNamespaceController } from './namespace/reconcile.ts';
import { createNodeIpamController } from './node-ipam/reconcile.ts';
import { createNodeLeaseController } from './node-lease/reconcile.ts';
import { createNodeLifecycleController } from './node-lifecycle/reconcile.ts';
import {
  createPersistentVolumeBinder,
  DEFAULT_STORAGE_CLASS,
} from './persistent-volume-binder/reconcile.ts';
import { createPersistentVolumeClaimProtectionController } from './persistent-volume-claim-protection/reconcile.ts';
import { createPersistentVolumeProtectionController } from './persistent-volume-protection/reconcile.ts';
import { createPodGarbageCollector } from './pod-garbage-collector/pod-garbage-collector.ts';
import { createReplicaSetController } from './replica-set/replica-set-controller.ts';
import { createResourceQuotaController } from './resource-quota/reconcile.ts';
import { createRootCaController } from './root-ca/reconcile.ts';
import { createSchedulerController, type SchedulerOptions } from './scheduler/reconcile.ts';
import { createServiceAccountController } from './service-account/reconcile.ts';
import { createServiceCidrController } from './service-cidr/reconcile.ts';
import { createStatefulSetController } from './stateful-set/stateful-set-controller.ts';
import { createTaintEvictionController } from './taint-eviction/reconcile.ts';
import { createTtlAfterFinishedController } from './ttl-after-finished/ttl-after-finished-controller.ts';
import { createValidatingAdmissionPolicyStatusController } from './validating-admission-policy-status/reconcile.ts';

export type {
  Announce,
  Change,
  Controller,
  ControllerWatch,
  CreationReview,
  EventNote,
  Snapshot,
} from './controller.ts';
export { defaultIngressClasses, INGRESS_CONTROLLER } from './ingress-status/default-classes.ts';
export { defaultNodes } from './node-lifecycle/default-nodes.ts';
export { controllerOf } from './owner.ts';
export { runControllers, type RunControllersOptions, type RunningControllers } from './run.ts';
export { defaultServiceCIDR } from './service-cidr/default-service-cidr.ts';
export {
  createCronJobController,
  createDaemonSetController,
  createDeploymentController,
  createDisruptionController,
  createEndpointSliceController,
  createEndpointSliceMirroringController,
  createEndpointsController,
  createEphemeralVolumeController,
  createGarbageCollector,
  createIngressStatusController,
  createIpAddressController,
  createJobController,
  createLoadBalancerController,
  createNamespaceController,
  createNodeIpamController,
  createNodeLeaseController,
  createNodeLifecycleController,
  createPersistentVolumeBinder,
  createPersistentVolumeClaimProtectionController,
  createPersistentVolumeProtectionController,
  DEFAULT_STORAGE_CLASS,
  createPodGarbageCollector,
  createReplicaSetController,
  createResourceQuotaController,
  createRootCaController,
  createSchedulerController,
  createServiceAccountController,
  createServiceCidrController,
  createStatefulSetController,
  createTaintEvictionController,
  createTtlAfterFinishedController,
  createValidatingAdmissionPolicyStatusController,
  LOAD_BALANCER_CLASS,
};
export type {
  EndpointSliceControllerOptions,
  IngressStatusOptions,
  LoadBalancerOptions,
  SchedulerOptions,
};

export interface ControllersOptions extends EndpointSliceControllerOptions {
  /** Kinds that quotas may count. @default quotas are not counted */
  readonly kinds?: KindRegistry;
  /** Makes free choices repeatable. @default 0 */
  readonly seed?: number;
  /** Where Nodes' Pod ranges come from. @default '10.244.0.0/16' */
  readonly podCIDRs?: PodCidrsOptions;
  /** Where load balancers' addresses come from; `off` leaves Services without. @default '127.1.0.0/24' */
  readonly loadBalancerCIDR?: string;
  /** Where the ingress listens and what it serves. @default no Ingress gets a status */
  readonly ingress?: IngressStatusOptions;
  /** PEM of the certificate behind the API server's; every Namespace gets it. @default none is published */
  readonly rootCertificate?: () => string;
}

/**
 * Every controller, in the order in which a round serves them.
 *
 * The order changes no result, only how many rounds a change needs: what makes objects stands before what works on
 * them, so that one round carries a Deployment to its Pods, their Nodes and, when they are ready, its slices.
 */
export function createControllers(options: ControllersOptions = {}): readonly Controller[] {
  const {
    rootCertificate: certificate,
    seed = 0,
    ingress,
    loadBalancerCIDR: cidr,
    kinds,
  } = options;
  const { podCIDRs = { clusterCIDRs: ['10.244.0.0/16'] } } = options;
  return [
    // What a Namespace and a Node must have before anything can live there.
    createNamespaceController(),
    createServiceAccountController(),
    ...(certificate === undefined ? [] : [createRootCaController({ certificate })]),
    createNodeLifecycleController(),
    createNodeIpamController(podCIDRs),
    // Addresses of Services.
    createServiceCidrController(),
    createIpAddressController(),
    ...(cidr === 'off' ? [] : [createLoadBalancerController(defined({ seed, cidr }))]),
    // Before those that make Pods: a Pod that is ready at once is written down once, a round later.
    ...createEndpointControllers(options),
    ...createWorkloadControllers(),
    createEphemeralVolumeController(),
    // After those that make Pods: where Pods go, and where they may not stay.
    createSchedulerController({ seed }),
    createTaintEvictionController(),
    createDisruptionController(),
    ...(ingress === undefined ? [] : [createIngressStatusController(ingress)]),
    ...(kinds === undefined ? [] : [createResourceQuotaController({ kinds })]),
    createValidatingAdmissionPolicyStatusController(),
    // Last: they remove what the others have let go.
    createNodeLeaseController(),
    createTtlAfterFinishedController(),
    createPersistentVolumeBinder(),
    createPersistentVolumeClaimProtectionController(),
    createPersistentVolumeProtectionController(),
    createPodGarbageCollector(),
    createGarbageCollector(),
  ];
}

/** The owners of Pods, the outermost first. */
export function createWorkloadControllers(): readonly Controller[] {
  return [
    createDeploymentController(),
    createReplicaSetController(),
    createStatefulSetController(),
    createDaemonSetController(),
    createCronJobController(),
    createJobController(),
  ];
}

/** What tells proxies and DNS where a Service's Pods are. */
export function createEndpointControllers(
  options: EndpointSliceControllerOptions = {},
): readonly Controller[] {
  return [
    createEndpointSliceController(options),
    createEndpointsController(),
    createEndpointSliceMirroringController(),
  ];
}
