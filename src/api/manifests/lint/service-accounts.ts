import type { Problem } from '../problem.ts';
import { fieldOf, missingReference, podSpecs } from './pod-templates.ts';
import type { LintInput } from './rule.ts';

/** Pods of a ServiceAccount that nobody makes: the API refuses them. */
export function lintServiceAccounts(input: LintInput): readonly Problem[] {
  return podSpecs(input).flatMap(({ document, path, spec }) => {
    const name = fieldOf(spec, 'serviceAccountName');
    if (typeof name !== 'string' || name === '' || name === 'default') return [];
    return missingReference(
      { kind: 'ServiceAccount', name, document, field: `${path}.serviceAccountName` },
      input,
      (namespace) =>
        `serviceAccountName "${name}" is no ServiceAccount in namespace ${namespace}, so its Pods are refused`,
    );
  });
}
