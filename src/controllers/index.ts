/** The control loops that bring the cluster to what its objects ask for, and the edge that runs them. */
import { type Controller } from './controller.ts';
import { createDeploymentController } from './deployment/deployment-controller.ts';
import { createEndpointSliceController } from './endpoint-slice/endpoint-slice-controller.ts';
import { createReplicaSetController } from './replica-set/replica-set-controller.ts';

export type {
  Announce,
  Change,
  Controller,
  ControllerWatch,
  EventNote,
  Snapshot,
} from './controller.ts';
export { runControllers, type RunControllersOptions, type RunningControllers } from './run.ts';

export interface ControllersOptions {
  /** How many endpoints an EndpointSlice holds before another is begun, at most 1000. @default 100 */
  readonly maxEndpointsPerSlice?: number;
}

/**
 * Every controller, in the order in which a round serves them.
 *
 * The order changes no result, only how many rounds a change needs: what makes objects stands before what works on
 * them, so that a round carries a change from a Deployment to its slices.
 */
export function createControllers(options: ControllersOptions = {}): readonly Controller[] {
  return [
    // Owners of Pods, the outermost first.
    createDeploymentController(),
    createReplicaSetController(),
    // Endpoints last: they follow from everything above.
    createEndpointSliceController(options),
  ];
}
