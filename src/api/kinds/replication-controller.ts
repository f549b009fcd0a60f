import type { FieldError } from '../errors.ts';
import { defineKind, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { ReplicationControllerSpec } from '../types.ts';
import { AGE, integer, NAME, showLabels, wide } from './columns.ts';
import { count, listed } from './object-path.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { readPodTemplate } from './workload/read-template.ts';
import { invalid, required, validateCount } from './validate/field-errors.ts';
import { isValidSelector, selectorMatches } from './validate/labels.ts';
import { validateTemplate } from './workload/validate.ts';

/** So many Pods of one template, as it was before ReplicaSets. */
export const REPLICATION_CONTROLLER: KindRow = defineKind<string>('ReplicationController', {
  defaults: (object) => withDefaults(object),
  prepareForCreate: (object) => ({ ...object, status: { replicas: 0 } }),
  validate: (object) => validateSpec(specOf(object)),
  selectableFields: { 'status.replicas': (object) => String(count(object, 'status.replicas')) },
  columns: [
    NAME,
    integer('Desired', (object) => count(object, 'spec.replicas')),
    integer('Current', (object) => count(object, 'status.replicas')),
    integer('Ready', (object) => count(object, 'status.readyReplicas')),
    AGE,
    wide('Containers', (object) => listed(object, 'spec.template.spec.containers', 'name')),
    wide('Images', (object) => listed(object, 'spec.template.spec.containers', 'image')),
    wide('Selector', (object) => showLabels(specOf(object).selector)),
  ],
});

function specOf(object: KubeObject): ReplicationControllerSpec {
  const spec: ReplicationControllerSpec = object['spec'] ?? {}; // read by the schema of its kind
  return spec.template === undefined ? spec : { ...spec, template: readPodTemplate(spec.template) };
}

/** The template's labels are its own, and what it selects by, unless it says otherwise. */
function withDefaults(object: KubeObject): KubeObject {
  const spec = specOf(object);
  const labels = labelsOf(spec);
  const hasLabels = Object.keys(labels).length > 0;
  const isBare = Object.keys(object.metadata.labels ?? {}).length === 0;
  const isOpen = Object.keys(spec.selector ?? {}).length === 0;
  return {
    ...object,
    ...(hasLabels && isBare && { metadata: { ...object.metadata, labels } }),
    spec: {
      ...spec,
      replicas: spec.replicas ?? 1,
      ...(hasLabels && isOpen && { selector: labels }),
      ...(spec.template !== undefined && { template: defaultPodTemplate(spec.template) }),
    },
    status: object['status'] ?? { replicas: 0 },
  };
}

function labelsOf({ template }: ReplicationControllerSpec): Readonly<Record<string, string>> {
  return template?.metadata?.labels ?? {};
}

/** A map that cannot be a selector is compared all the same. */
function validateMismatch(spec: ReplicationControllerSpec): readonly FieldError[] {
  const selector = { matchLabels: spec.selector ?? {} };
  const labels = labelsOf(spec);
  if (isValidSelector(selector) || selectorMatches(selector, labels)) return [];
  const why = '`selector` does not match template `labels`';
  return [invalid('spec.template.metadata.labels', labels, why)];
}

function validateSpec(spec: ReplicationControllerSpec): readonly FieldError[] {
  const { selector = {}, template } = spec;
  return [
    ...validateCount('spec.minReadySeconds', spec.minReadySeconds),
    ...(Object.keys(selector).length === 0 ? [required('spec.selector')] : []),
    ...validateCount('spec.replicas', spec.replicas),
    ...(template === undefined ? [] : validateMismatch(spec)),
    ...validateTemplate(
      { selector: { matchLabels: selector }, ...(template !== undefined && { template }) },
      'ReplicationController',
    ),
  ];
}
