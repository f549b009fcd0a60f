import { watchKind } from '../change.ts';
import type { Change, Controller, Snapshot } from '../controller.ts';

const NAME = 'default';

/** Sees to it that every Namespace has the ServiceAccount `default`, which Pods without one use. */
export function createServiceAccountController(): Controller {
  return {
    name: 'serviceaccount-controller',
    watches: [
      watchKind('Namespace', ({ metadata }) => [metadata.name]),
      watchKind('ServiceAccount', ({ metadata: { name, namespace } }) =>
        name === NAME && namespace !== undefined ? [namespace] : [],
      ),
    ],
    reconcile: ensureServiceAccount,
  };
}

function ensureServiceAccount(namespace: string, snapshot: Snapshot): readonly Change[] {
  const found = snapshot.get('Namespace', undefined, namespace);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return [];
  if (snapshot.get('ServiceAccount', namespace, NAME) !== undefined) return [];
  const metadata = { namespace, name: NAME };
  return [{ kind: 'create', object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } }];
}
