import type { Ingress, StoreReader } from '../../api/index.ts';
import type { ControllerOptions } from './controller-options.ts';
import {
  ANNOTATION_GROUPS,
  ANNOTATIONS,
  AnnotationReader,
  RISKS,
  type Annotation,
  type AnnotationNote,
  type IngressSettings,
  type References,
} from './annotations/index.ts';

/** What the annotations of an Ingress ask for, and what is wrong with them. */
export interface ReadAnnotations {
  readonly settings: IngressSettings;
  readonly denied: string | undefined;
  readonly notes: readonly AnnotationNote[];
  readonly references: readonly string[];
}

/** Reads every annotation of ingress-nginx. */
export function readAnnotations(
  { metadata }: Ingress,
  controller: ControllerOptions,
  objects: StoreReader,
): ReadAnnotations {
  const { annotations = {}, namespace = '', name } = metadata;
  const asked: string[] = [];
  const reader = new AnnotationReader({
    namespace,
    name,
    annotations,
    controller,
    known: ANNOTATIONS,
    references: referencesOf(objects, asked),
  });
  reader.notes.push(...supportNotes(annotations, controller));
  let settings: IngressSettings = {};
  for (const { read } of ANNOTATION_GROUPS) {
    if (read === undefined) continue;
    const own = read(reader);
    settings = { ...settings, ...own, policy: { ...settings.policy, ...own.policy } };
  }
  return { settings, denied: reader.denied, notes: reader.notes, references: asked };
}

/** What an annotation says about itself: refused, ignored, or unknown. */
export function supportNotes(
  annotations: Readonly<Record<string, string>>,
  { annotationsPrefix, isSnippetAllowed, riskLevel }: ControllerOptions,
): readonly AnnotationNote[] {
  return Object.keys(annotations).flatMap((key) => {
    if (!key.startsWith(`${annotationsPrefix}/`)) return [];
    const name = key.slice(annotationsPrefix.length + 1);
    const annotation = annotationNamed(name);
    if (annotation === undefined)
      return [note(key, 'unknown', `${key} is no annotation of ingress-nginx`)];
    const { support = 'supported', effect, risk } = annotation;
    if (support === 'refused') {
      const why = isSnippetAllowed
        ? 'there is no nginx here that could read it'
        : 'Snippet directives are disabled by the Ingress administrator';
      return [note(key, 'refused', `${key} annotation cannot be used. ${why}: ${effect}`)];
    }
    if (RISKS.indexOf(risk) > RISKS.indexOf(riskLevel))
      return [
        note(
          key,
          'invalid',
          `${key} is of risk ${risk}, above annotations-risk-level ${riskLevel}`,
        ),
      ];
    return support === 'ignored' ? [note(key, 'ignored', `${key} has no effect: ${effect}`)] : [];
  });
}

/** The annotation of a name or of one of its aliases. */
export function annotationNamed(name: string): Annotation | undefined {
  return (
    ANNOTATIONS.get(name) ??
    [...ANNOTATIONS.values()].find(({ aliases = [] }) => aliases.includes(name))
  );
}

function note(key: string, kind: AnnotationNote['kind'], message: string): AnnotationNote {
  return { key, kind, message };
}

function referencesOf(objects: StoreReader, asked: string[]): References {
  return {
    secret: (namespace, name) => {
      asked.push(`Secret ${namespace}/${name}`);
      const { data } = objects.get('Secret', namespace, name) ?? {};
      if (data === undefined) return objects.get('Secret', namespace, name) && {};
      return Object.fromEntries(
        Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
      );
    },
    configMap: (namespace, name) => {
      asked.push(`ConfigMap ${namespace}/${name}`);
      const found = objects.get('ConfigMap', namespace, name);
      return found === undefined ? undefined : (found.data ?? {});
    },
  };
}
