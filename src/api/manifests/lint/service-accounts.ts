import { describeObject } from '../describe-object.ts';
import { nearestName } from '../nearest-name.ts';
import type { ManifestDocument } from '../parse.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type LintInput } from './rule.ts';

/** Where a Pod, or the template of one, says whose it is. */
const FIELDS = [
  ['spec', 'serviceAccountName'],
  ['spec', 'template', 'spec', 'serviceAccountName'],
  ['spec', 'jobTemplate', 'spec', 'template', 'spec', 'serviceAccountName'],
] as const;

/** Kinds that something here makes Pods of; others may mean what they like by such fields. */
const KINDS: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'Pod',
  'ReplicaSet',
  'StatefulSet',
]);

/** Pods of a ServiceAccount that nobody makes: the API refuses them. */
export function lintServiceAccounts(input: LintInput): readonly Problem[] {
  return input.documents.flatMap((document) => {
    const { kind } = document.object;
    if (!KINDS.has(kind)) return [];
    return FIELDS.flatMap((path) => {
      const name = valueAt(document.object, path);
      if (typeof name !== 'string' || name === '' || name === 'default') return [];
      return missing(document, { input, name, field: path.join('.') });
    });
  });
}

interface Reference {
  readonly input: LintInput;
  readonly name: string;
  readonly field: string;
}

function missing(
  document: ManifestDocument,
  { input, name, field }: Reference,
): readonly Problem[] {
  const namespace = namespaceOf(document);
  const names = input
    .ofKind('ServiceAccount')
    .filter((account) => namespaceOf(account) === namespace)
    .map(({ object }) => object.metadata.name);
  if (names.includes(name) || input.exists('ServiceAccount', namespace, name)) return [];
  const nearest = nearestName(name, names);
  return [
    {
      severity: 'warning',
      message: `serviceAccountName "${name}" is no ServiceAccount in namespace ${namespace}, so its Pods are refused`,
      position: document.positionOf(field),
      object: describeObject(document.object),
      hint:
        nearest === undefined ? `Add a ServiceAccount "${name}".` : `Did you mean "${nearest}"?`,
    },
  ];
}

function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const field of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[field]; // some object: any field may be looked at
  }
  return value;
}
