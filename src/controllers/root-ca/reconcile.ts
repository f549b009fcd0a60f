import { create, update, watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const NAME = 'kube-root-ca.crt';
const KEY = 'ca.crt';
const DESCRIPTION = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
};

export interface RootCaOptions {
  /** The certificate that the API server's own is signed by, as PEM; asked for when a Namespace first needs it. */
  readonly certificate: () => string;
}

/** Publishes the API server's root certificate to every Namespace, for the programs in its Pods. */
export function createRootCaController({ certificate }: RootCaOptions): Controller {
  return {
    name: 'root-ca-certificate-publisher-controller',
    watches: [
      watchKind('Namespace', ({ metadata }) => [metadata.name]),
      watchKind('ConfigMap', ({ metadata: { name, namespace } }) =>
        name === NAME && namespace !== undefined ? [namespace] : [],
      ),
    ],
    reconcile: (namespace, snapshot) => publish(namespace, snapshot, certificate),
  };
}

function publish(
  namespace: string,
  snapshot: Snapshot,
  certificate: () => string,
): readonly Change[] {
  const found = snapshot.get('Namespace', undefined, namespace);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return [];
  const data = { [KEY]: certificate() };
  const published = snapshot.get('ConfigMap', namespace, NAME);
  if (published === undefined) {
    const metadata = { namespace, name: NAME, annotations: DESCRIPTION };
    return [create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data })];
  }
  const annotations = { ...published.metadata.annotations, ...DESCRIPTION };
  const isSame =
    published.data?.[KEY] === data[KEY] &&
    Object.keys(published.data ?? {}).length === 1 &&
    Object.keys(annotations).length === Object.keys(published.metadata.annotations ?? {}).length;
  if (isSame) return [];
  return [update({ ...published, metadata: { ...published.metadata, annotations }, data })];
}
