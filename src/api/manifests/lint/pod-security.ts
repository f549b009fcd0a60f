import { writtenWarning } from '../../admission-rules.ts';
import { describeObject } from '../describe-object.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type LintInput } from './rule.ts';

/** Pods of workloads that the level of their Namespace refuses, and Pods that it warns of. */
export function lintPodSecurity(input: LintInput): readonly Problem[] {
  return input.documents.flatMap((document): readonly Problem[] => {
    const namespace = namespaceOf(document);
    const warning = writtenWarning(input.labelsOf(namespace), document.object);
    if (warning === undefined) return [];
    const { path, text, isRefused } = warning;
    return [
      {
        severity: 'warning',
        message: isRefused ? `its Pods are refused, for they ${text}` : `would ${text}`,
        position: document.positionOf(path === '' ? undefined : path),
        object: describeObject(document.object),
        ...(isRefused && { hint: `Namespace "${namespace}" enforces that level by its labels.` }),
      },
    ];
  });
}
