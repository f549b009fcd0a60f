import type { KindDefinition, KindRegistry } from '../../api/index.ts';
import { groupsOf, isListed, namesOf, versionsInGroup, type ApiGroup } from './groups.ts';
import { subresourceKind } from './subresource-kind.ts';

/** `/api`: the versions of the core group. */
export function apiVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis`: every other group. */
export function apiGroupList(kinds: KindRegistry): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groupsOf(kinds)
      .filter(({ name }) => name !== '')
      .map(groupOf),
  };
}

/** `/apis/GROUP`; undefined when there is no such group. */
export function apiGroup(kinds: KindRegistry, name: string): object | undefined {
  const group = groupsOf(kinds).find((candidate) => candidate.name === name);
  return group === undefined || name === ''
    ? undefined
    : { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) };
}

/** `/api/v1` and `/apis/GROUP/VERSION`; undefined when there is no such version. */
export function apiResourceList(
  kinds: KindRegistry,
  name: string,
  version: string,
): object | undefined {
  const group = groupsOf(kinds).find((candidate) => candidate.name === name);
  if (group === undefined || !versionsInGroup(group).includes(version)) return undefined;
  return {
    kind: 'APIResourceList',
    // The core group's document has never said its version.
    ...(name !== '' && { apiVersion: 'v1' }),
    groupVersion: name === '' ? version : `${name}/${version}`,
    resources: group.definitions
      .filter((definition) => isListed(definition, version))
      .flatMap(resourcesOf),
  };
}

function groupOf(group: ApiGroup): object {
  const versions = versionsInGroup(group).map((version) => ({
    groupVersion: `${group.name}/${version}`,
    version,
  }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/** A resource and its subresources. */
function resourcesOf(definition: KindDefinition): readonly object[] {
  const { plural, singular, isNamespaced: namespaced, kind, verbs } = definition;
  return [
    { name: plural, singularName: singular, namespaced, kind, verbs, ...namesOf(definition) },
    ...definition.subresources.map((name) => {
      const { group, version, ...subresource } = subresourceKind(definition, name);
      return {
        name: `${plural}/${name}`,
        singularName: '',
        namespaced,
        ...(group !== undefined && { group }),
        ...(version !== undefined && { version }),
        ...subresource,
      };
    }),
  ];
}
