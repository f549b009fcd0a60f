import {
  describeObject,
  type Ingress,
  type ManifestDocument,
  type Problem,
  type Store,
} from '../api/index.ts';
import {
  annotationNotes,
  checkIngress,
  describeForeign,
  foreignClassOf,
  personalityOf,
} from '../ingress/index.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';

/**
 * What the author of Ingresses should know: classes that nobody serves, annotations that are refused, ignored or make no sense, and what the webhook
 * of ingress-nginx would refuse in a cluster.
 *
 * @param store With the manifests applied.
 */
export function ingressProblems(
  documents: readonly ManifestDocument[],
  store: Store,
): readonly Problem[] {
  return documents
    .filter(({ object }) => object.kind === 'Ingress')
    .flatMap((document) => {
      const { namespace = 'default', name } = document.object.metadata;
      const ingress = store.get('Ingress', namespace, name);
      return ingress === undefined ? [] : problemsOf(document, ingress, store);
    });
}

function problemsOf(
  document: ManifestDocument,
  ingress: Ingress,
  store: Store,
): readonly Problem[] {
  const warn = (field: string, message: string): Problem => ({
    severity: 'warning',
    position: document.positionOf(field),
    object: describeObject(document.object),
    message,
  });
  const ofAnnotation = (key: string, message: string): Problem =>
    warn(`metadata.annotations[${key}]`, message);
  const foreign = foreignClassOf(ingress, store);
  if (foreign !== undefined) return [warn('spec.ingressClassName', describeForeign(foreign))];
  if (personalityOf(ingress, store) === 'specification') {
    const keys = Object.keys(ingress.metadata.annotations ?? {});
    return keys
      .filter((key) => key.startsWith(PREFIX))
      .map((key) =>
        ofAnnotation(key, `${key} has no effect: the class is not one of ingress-nginx`),
      );
  }
  const notes = annotationNotes(ingress, store) ?? [];
  const refused = checkIngress(ingress, store);
  const isSaid = notes.some(({ kind, key }) => kind !== 'ignored' && refused?.includes(key));
  return [
    ...notes.map(({ key, message }) => ofAnnotation(key, message)),
    ...(refused === undefined || isSaid
      ? []
      : [warn('spec.rules', `the webhook of ingress-nginx would refuse it: ${refused}`)]),
  ];
}
