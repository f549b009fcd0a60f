import type { Ingress, StoreReader } from '../../api/index.ts';
import type { AnnotationNote } from './annotations/index.ts';
import { controllerOptions } from './controller-configuration.ts';
import { personalityOf } from './ingress-class.ts';
import { inspectIngress } from './inspect-ingress.ts';
import { readAnnotations } from './read-annotations.ts';

/** What is to be said of the annotations of an Ingress; undefined where ingress-nginx does not serve it. */
export function annotationNotes(
  ingress: Ingress,
  reader: StoreReader,
): readonly AnnotationNote[] | undefined {
  if (personalityOf(ingress, reader) !== 'ingress-nginx') return undefined;
  return readAnnotations(ingress, controllerOptions(reader), reader).notes;
}

/** What ingress-nginx records as Events: values that make no sense, and what keeps it from serving. */
export function annotationProblems(
  ingress: Ingress,
  reader: StoreReader,
): readonly string[] | undefined {
  const notes = annotationNotes(ingress, reader);
  if (notes === undefined) return undefined;
  const hidden = inspectIngress(ingress);
  return [
    ...(hidden === undefined ? [] : [hidden]),
    ...notes
      .filter(({ kind }) => kind === 'invalid' || kind === 'denied' || kind === 'refused')
      .map(({ message }) => message),
  ];
}
