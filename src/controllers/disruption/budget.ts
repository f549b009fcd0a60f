/** PodDisruptionBudgets by the name under which the store keeps them. */
export const BUDGET_KIND = 'PodDisruptionBudget.policy';
