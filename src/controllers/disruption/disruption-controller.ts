import { compileLabelSelector, type PodDisruptionBudget } from '../../api/index.ts';
import { watchKind } from '../change.ts';
import type { Controller } from '../controller.ts';
import { BUDGET_KIND } from './budget.ts';
import { reconcileBudget } from './reconcile.ts';

/** Keeps the status of PodDisruptionBudgets, by which evictions are allowed or refused. */
export function createDisruptionController(): Controller {
  return {
    name: 'disruption-controller',
    eventSource: 'controllermanager',
    watches: [
      {
        kind: BUDGET_KIND,
        keys: ({ metadata }) => [`${metadata.namespace ?? ''}/${metadata.name}`],
      },
      watchKind('Pod', ({ metadata }, reader) => {
        const { namespace = '', labels } = metadata;
        const budgets = reader.list<string>(BUDGET_KIND, { namespace });
        return budgets
          .filter((object) => {
            // What is stored under this kind is a budget.
            const { spec } = object as PodDisruptionBudget;
            return spec?.selector !== undefined && compileLabelSelector(spec.selector)(labels);
          })
          .map((budget) => `${namespace}/${budget.metadata.name}`);
      }),
    ],
    reconcile: reconcileBudget,
  };
}
