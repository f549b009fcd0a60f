import { checkLabelValue } from '../names.ts';
import { fields, items, word } from '../kinds/object-path.ts';

const DEPRECATED: Readonly<Record<string, string>> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region':
    'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone':
    'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type':
    'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods':
    'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
};

/** Why a label of Nodes should not be used any more. */
export function deprecatedLabel(key: string): string | undefined {
  return Object.hasOwn(DEPRECATED, key) ? DEPRECATED[key] : undefined;
}

/** Of the label selector of Nodes at `path`. */
export function selectorWarnings(object: unknown, path: string): readonly string[] {
  return [
    ...expressionWarnings(items(object, `${path}.matchExpressions`), path),
    ...Object.keys(fields(object, `${path}.matchLabels`)).flatMap((key) =>
      said(`${path}.matchLabels.${key}`, deprecatedLabel(key)),
    ),
  ];
}

/** Of a term of a node selector. @param checksValues whether values that no label has are told, too */
export function termWarnings(
  term: unknown,
  field: string,
  checksValues: boolean = false,
): readonly string[] {
  return items(term, 'matchExpressions').flatMap((expression, index) => {
    const path = `${field}.matchExpressions[${index}]`;
    return [
      ...keyWarnings(expression, path),
      ...(checksValues ? valueWarnings(expression, path) : []),
    ];
  });
}

/** Of a StorageClass' topologies. */
export function topologyWarnings(object: unknown): readonly string[] {
  return items(object, 'allowedTopologies').flatMap((topology, index) =>
    items(topology, 'matchLabelExpressions').flatMap((expression, place) =>
      said(
        `allowedTopologies[${index}].matchLabelExpressions[${place}].key`,
        deprecatedLabel(word(expression, 'key')),
      ),
    ),
  );
}

function expressionWarnings(expressions: readonly unknown[], field: string): readonly string[] {
  return expressions.flatMap((expression, index) =>
    keyWarnings(expression, `${field}.matchExpressions[${index}]`),
  );
}

function keyWarnings(expression: unknown, field: string): readonly string[] {
  const key = word(expression, 'key');
  const why = deprecatedLabel(key);
  return said(`${field}.key`, why && `${key} is ${why}`);
}

function valueWarnings(expression: unknown, field: string): readonly string[] {
  return items(expression, 'values').flatMap((value, index) =>
    typeof value === 'string'
      ? checkLabelValue(value).map(
          (text) => `${field}.values[${index}]: ${value} is invalid, ${text}`,
        )
      : [],
  );
}

function said(field: string, why: string | undefined): readonly string[] {
  return why === undefined ? [] : [`${field}: ${why}`];
}
