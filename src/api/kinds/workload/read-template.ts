import { decode } from '../../decode.ts';
import type { PodTemplateSpec } from '../../types.ts';

/** The template of an object that the schema of its kind has read, with the fields that Go always has. */
export function readPodTemplate(template: unknown): PodTemplateSpec {
  // Wrong types were refused by the schema.
  return decode('PodTemplateSpec', template).value as PodTemplateSpec;
}
