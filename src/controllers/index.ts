/** The control loops that bring the cluster to what its objects ask for, and the edge that runs them. */
import type { PodCidrsOptions } from '../ipam/index.ts';
import { type Controller } from './controller.ts';
import { createDeploymentController } from './deployment/deployment-controller.ts';
import { createEndpointSliceController } from './endpoint-slice/endpoint-slice-controller.ts';
import { createGarbageCollector } from './garbage-collector/reconcile.ts';
import { createNamespaceController } from './namespace/reconcile.ts';
import { createEndpointSliceMirroringController } from './endpoint-slice-mirroring/endpoint-slice-mirroring-controller.ts';
import { createEndpointsController } from './endpoints/endpoints-controller.ts';
import { createReplicaSetController } from './replica-set/replica-set-controller.ts';
import { createRootCaController } from './root-ca/reconcile.ts';
import { createServiceAccountController } from './service-account/reconcile.ts';
import {
  createIngressStatusController,
  type IngressStatusOptions,
} from './ingress-status/reconcile.ts';
import { createIpAddressController } from './ip-address/reconcile.ts';
import { createLoadBalancerController } from './load-balancer/reconcile.ts';
import { createNodeIpamController } from './node-ipam/reconcile.ts';
import { createNodeLifecycleController } from './node-lifecycle/reconcile.ts';
import { createSchedulerController } from './scheduler/reconcile.ts';
import { createServiceCidrController } from './service-cidr/reconcile.ts';
import { createTaintEvictionController } from './taint-eviction/reconcile.ts';

export type {
  Announce,
  Change,
  Controller,
  ControllerWatch,
  EventNote,
  Snapshot,
} from './controller.ts';
export { defaultIngressClasses, INGRESS_CONTROLLER } from './ingress-status/default-classes.ts';
export {
  createIngressStatusController,
  type IngressStatusOptions,
} from './ingress-status/reconcile.ts';
export { createIpAddressController } from './ip-address/reconcile.ts';
export {
  createLoadBalancerController,
  LOAD_BALANCER_CLASS,
  type LoadBalancerOptions,
} from './load-balancer/reconcile.ts';
export { createNodeIpamController } from './node-ipam/reconcile.ts';
export { defaultNodes } from './node-lifecycle/default-nodes.ts';
export { createNodeLifecycleController } from './node-lifecycle/reconcile.ts';
export { createSchedulerController, type SchedulerOptions } from './scheduler/reconcile.ts';
export { defaultServiceCIDR } from './service-cidr/default-service-cidr.ts';
export { createServiceCidrController } from './service-cidr/reconcile.ts';
export { createTaintEvictionController } from './taint-eviction/reconcile.ts';
export { runControllers, type RunControllersOptions, type RunningControllers } from './run.ts';

export interface ControllersOptions {
  /** Makes free choices repeatable. @default 0 */
  readonly seed?: number;
  /** Where Nodes' Pod ranges come from. @default '10.244.0.0/16' */
  readonly podCIDRs?: PodCidrsOptions;
  /** Where load balancers' addresses come from. @default '127.1.0.0/24' */
  readonly loadBalancerCIDR?: string;
  /** Where the ingress listens and what it serves. @default no Ingress gets a status */
  readonly ingress?: IngressStatusOptions;
  /** How many endpoints an EndpointSlice holds before another is begun, at most 1000. @default 100 */
  readonly maxEndpointsPerSlice?: number;
  /** PEM of the certificate behind the API server's; every Namespace gets it. @default none is published */
  readonly rootCertificate?: () => string;
}

/**
 * Every controller, in the order in which a round serves them.
 *
 * The order changes no result, only how many rounds a change needs: what makes objects stands before what works on
 * them, so that a round carries a change from a Deployment to its slices.
 */
export function createControllers(options: ControllersOptions = {}): readonly Controller[] {
  const { rootCertificate, seed = 0, loadBalancerCIDR, ingress } = options;
  const { podCIDRs = { clusterCIDRs: ['10.244.0.0/16'] } } = options;
  return [
    // Namespaces and what each of them has.
    createNamespaceController(),
    createServiceAccountController(),
    ...(rootCertificate === undefined
      ? []
      : [createRootCaController({ certificate: rootCertificate })]),
    // Nodes, and the ranges that Services and Pods draw from.
    createNodeLifecycleController(),
    createNodeIpamController(podCIDRs),
    createServiceCidrController(),
    createIpAddressController(),
    // Owners of Pods, the outermost first.
    createDeploymentController(),
    createReplicaSetController(),
    // Where Pods go, and where they may not stay.
    createSchedulerController({ seed }),
    createTaintEvictionController(),
    // Ways in from outside.
    createLoadBalancerController({
      seed,
      ...(loadBalancerCIDR !== undefined && { cidr: loadBalancerCIDR }),
    }),
    ...(ingress === undefined ? [] : [createIngressStatusController(ingress)]),
    // Endpoints last: they follow from everything above.
    createEndpointSliceController(options),
    createEndpointsController(),
    createEndpointSliceMirroringController(),
    // What has lost its owners.
    createGarbageCollector(),
  ];
}
