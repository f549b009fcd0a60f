/** Every connection's one decision, and the one place that carries it out. */
export { createDatapath, type Datapath, type DatapathOptions } from './connect.ts';
export {
  decide,
  type DecideOptions,
  type Decision,
  type RejectReason,
  type ServicePick,
} from './decide.ts';
export {
  ALLOW_ALL,
  createPolicyEvaluator,
  type EvaluatePolicy,
  type PolicyQuestion,
  type PolicyVerdict,
} from './policy.ts';
export {
  createDatapathView,
  type DatapathView,
  type DatapathViewOptions,
  type Denial,
} from './view.ts';
