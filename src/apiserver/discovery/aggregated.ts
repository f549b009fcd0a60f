import type { KindDefinition, KindRegistry } from '../../api/index.ts';
import { groupsOf, isListed, namesOf, versionsInGroup, type ApiGroup } from './groups.ts';
import { subresourceKind } from './subresource-kind.ts';

/** The versions of the aggregated document that clients may ask for. */
export type AggregatedVersion = 'v2' | 'v2beta1';

/**
 * `APIGroupDiscoveryList`: of `/api` (the core group) or `/apis` (all others).
 *
 * @see KEP-3352, aggregated discovery
 */
export function aggregatedDiscovery(
  kinds: KindRegistry,
  root: 'api' | 'apis',
  version: AggregatedVersion,
): object {
  const groups = groupsOf(kinds).filter(({ name }) => (name === '') === (root === 'api'));
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(groupItem),
  };
}

function groupItem(group: ApiGroup): object {
  return {
    metadata: group.name === '' ? {} : { name: group.name, creationTimestamp: null },
    versions: versionsInGroup(group).map((version) => ({
      version,
      resources: group.definitions
        .filter((definition) => isListed(definition, version))
        .map((definition) => resourceItem(definition, version)),
      freshness: 'Current',
    })),
  };
}

function resourceItem(definition: KindDefinition, version: string): object {
  const { group, kind, verbs, subresources } = definition;
  return {
    resource: definition.plural,
    // The core group tells no version of its own.
    responseKind: { group, version: group === '' ? '' : version, kind },
    scope: definition.isNamespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs,
    ...namesOf(definition),
    ...(subresources.length > 0 && {
      subresources: subresources.map((name) => {
        const subresource = subresourceKind(definition, name);
        return {
          subresource: name,
          responseKind: {
            group: subresource.group ?? group,
            version: subresource.version ?? (group === '' ? '' : version),
            kind: subresource.kind,
          },
          verbs: subresource.verbs,
        };
      }),
    }),
  };
}
