import type { Condition, IntOrString, KubeObject, LabelSelector } from '../../api/index.ts';

/** The kind as the store names it. */
export const BUDGET_KIND = 'PodDisruptionBudget.policy';

/** A PodDisruptionBudget: how many of the Pods that it selects may be missing at a time. */
export type Budget = KubeObject & {
  readonly spec?: {
    /** Absent it selects nothing, empty everything in the Namespace. */
    readonly selector?: LabelSelector;
    readonly minAvailable?: IntOrString;
    readonly maxUnavailable?: IntOrString;
  };
  readonly status?: BudgetStatus;
};

export interface BudgetStatus {
  readonly observedGeneration?: number;
  /** By name, when the API server let a Pod be evicted that is not seen to go yet. */
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly disruptionsAllowed?: number;
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly expectedPods?: number;
  readonly conditions?: readonly Condition[];
}
