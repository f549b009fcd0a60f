import { describeObject } from '../describe-object.ts';
import type { ManifestDocument } from '../parse.ts';
import type { Problem } from '../problem.ts';
import { namespaceOf, type LintInput } from './rule.ts';

/** One object written twice: as with `kubectl apply`, the later one wins. */
export function lintDuplicates({ documents }: LintInput): readonly Problem[] {
  const first = new Map<string, ManifestDocument>();
  const problems: Problem[] = [];
  for (const document of documents) {
    const key = keyOf(document);
    const known = first.get(key);
    if (known === undefined) {
      first.set(key, document);
      continue;
    }
    const { file, line } = known.positionOf();
    problems.push({
      severity: 'warning',
      message: `the same object is in ${file}:${line}; this one is applied over it`,
      position: document.positionOf(),
      object: describeObject(document.object),
      hint: 'Remove or rename one of the two.',
    });
  }
  return problems;
}

function keyOf(document: ManifestDocument): string {
  const { apiVersion, kind, metadata } = document.object;
  const group = apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));
  return [group, kind, namespaceOf(document), metadata.name].join(' ');
}

/** Namespaces that objects go to and nobody makes; one warning each. */
export function lintNamespaces(input: LintInput): readonly Problem[] {
  const made = new Set(input.ofKind('Namespace').map(({ object }) => object.metadata.name));
  const problems: Problem[] = [];
  for (const document of input.documents) {
    const { namespace } = document.object.metadata;
    if (namespace === undefined || made.has(namespace)) continue;
    if (input.exists('Namespace', undefined, namespace)) continue;
    made.add(namespace);
    problems.push({
      severity: 'warning',
      message: `namespace "${namespace}" is not in the manifests; podlane creates it`,
      position: document.positionOf('metadata.namespace'),
      object: describeObject(document.object),
      hint: `\`kubectl apply\` would fail here: add a Namespace object "${namespace}".`,
    });
  }
  return problems;
}
