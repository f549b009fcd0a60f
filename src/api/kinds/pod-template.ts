import { defineKind, type KindRow } from '../kind.ts';
import type { KubeObject } from '../object.ts';
import type { PodTemplateSpec } from '../types.ts';
import { NAME, showLabels, text } from './columns.ts';
import { fields, listed } from './object-path.ts';
import { defaultPodTemplate } from './pod/defaults.ts';
import { validatePodTemplate } from './pod/validate.ts';
import { readPodTemplate } from './workload/read-template.ts';

/** A Pod's shape that something may be made of. */
export const POD_TEMPLATE: KindRow = defineKind<string>('PodTemplate', {
  defaults: (object) => ({ ...object, template: defaultPodTemplate(templateOf(object)) }),
  validate: (object) => validatePodTemplate('template', templateOf(object)),
  columns: [
    NAME,
    text('Containers', (object) => listed(object, 'template.spec.containers', 'name')),
    text('Images', (object) => listed(object, 'template.spec.containers', 'image')),
    text('Pod Labels', (object) =>
      // Labels are texts, which the schema of the kind has seen to.
      showLabels(fields(object, 'template.metadata.labels') as Readonly<Record<string, string>>),
    ),
  ],
});

function templateOf(object: KubeObject): PodTemplateSpec {
  return readPodTemplate(object['template']);
}
