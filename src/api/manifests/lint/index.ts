/** Warnings for manifests that the API accepts and that cannot do what they were written for. */
import type { ManifestDocument } from '../parse.ts';
import type { Problem } from '../problem.ts';
import { indexManifests, type LintOptions } from './index-manifests.ts';
import { lintClaims } from './claims.ts';
import { lintEnvironments } from './environment.ts';
import { lintDuplicates, lintNamespaces } from './objects.ts';
import { lintIngresses } from './ingresses.ts';
import { lintNetworkPolicies } from './network-policies.ts';
import { lintPodSecurity } from './pod-security.ts';
import { lintProtocols } from './protocols.ts';
import { lintServiceAccounts } from './service-accounts.ts';
import { lintServices } from './services.ts';
import { lintStatefulSets } from './stateful-sets.ts';
import type { LintRule } from './rule.ts';

export type { LintOptions } from './index-manifests.ts';

/** Every rule, in the order in which their warnings are told: what is wrong with all before what is wrong with one. */
const RULES: readonly LintRule[] = [
  lintDuplicates,
  lintNamespaces,
  lintServices,
  lintProtocols,
  lintStatefulSets,
  lintServiceAccounts,
  lintEnvironments,
  lintClaims,
  lintIngresses,
  lintNetworkPolicies,
  lintPodSecurity,
];

/** Warnings about the documents, looked at together. */
export function lintManifests(
  documents: readonly ManifestDocument[],
  options: LintOptions = {},
): readonly Problem[] {
  const input = indexManifests(documents, options);
  return RULES.flatMap((rule) => rule(input));
}
