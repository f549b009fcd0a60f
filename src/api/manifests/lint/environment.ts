import type { Problem } from '../problem.ts';
import { fieldOf, missingReference, podSpecs, type Reference } from './pod-templates.ts';
import type { LintInput } from './rule.ts';

/** Fields of `env[].valueFrom` and of `envFrom[]`, and what they name. */
const SOURCES = [
  ['configMapKeyRef', 'ConfigMap'],
  ['secretKeyRef', 'Secret'],
  ['configMapRef', 'ConfigMap'],
  ['secretRef', 'Secret'],
] as const;

/** Environments from ConfigMaps and Secrets that nobody makes: the kubelet starts no such container. */
export function lintEnvironments(input: LintInput): readonly Problem[] {
  return podSpecs(input).flatMap(({ document, path, spec }) => {
    const told = new Set<string>();
    return ['initContainers', 'containers']
      .flatMap((field) => items(spec, field, path))
      .flatMap(({ value, path: at }) => referencesOf(value, at))
      .flatMap((reference) => {
        const key = `${reference.kind} ${reference.name}`;
        if (told.has(key)) return [];
        told.add(key);
        return missingReference(
          { ...reference, document },
          input,
          (namespace) =>
            `${reference.kind} "${reference.name}" is not in namespace ${namespace}, so the containers that need it do not start`,
        );
      });
  });
}

/** What the environment of one container cannot do without. */
function referencesOf(container: unknown, path: string): readonly Omit<Reference, 'document'>[] {
  const sources = [
    ...items(container, 'env', path).map(({ value, path: at }) => ({
      value: fieldOf(value, 'valueFrom'),
      path: `${at}.valueFrom`,
    })),
    ...items(container, 'envFrom', path),
  ];
  return sources.flatMap(({ value, path: at }) =>
    SOURCES.flatMap(([field, kind]) => {
      const reference = fieldOf(value, field);
      const name = fieldOf(reference, 'name');
      if (typeof name !== 'string' || name === '' || fieldOf(reference, 'optional') === true)
        return [];
      return [{ kind, name, field: `${at}.${field}.name` }];
    }),
  );
}

interface Item {
  readonly value: unknown;
  readonly path: string;
}

function items(object: unknown, field: string, path: string): readonly Item[] {
  const list = fieldOf(object, field);
  if (!Array.isArray(list)) return [];
  return list.map((value: unknown, index) => ({ value, path: `${path}.${field}[${index}]` }));
}
