import { readDataFile, type KubeObject, type Store } from '../../api/index.ts';

/**
 * The roles, bindings and priorities that every cluster begins with, where they are not there yet.
 *
 * Rules of roles that gather those of others are in them, as the controller of a cluster writes them.
 */
export function bootstrapPolicy(store: Pick<Store, 'get' | 'create'>): void {
  for (const object of policyObjects()) {
    const { name, namespace } = object.metadata;
    const kind = `${object.kind}.${object.apiVersion.split('/', 1)[0]}`;
    if (store.get<string>(kind, namespace, name) === undefined)
      store.create(object, { random: Math.random });
  }
}

function policyObjects(): readonly KubeObject[] {
  return JSON.parse(readDataFile('bootstrap-1.36.json')) as readonly KubeObject[]; // as kube-apiserver made them
}
