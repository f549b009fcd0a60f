import type { RuledWrite } from '../../admission-rules.ts';
import type { KubeObject } from '../../object.ts';
import { compileLabelSelector } from '../../selectors.ts';
import type { MatchResources, NamedRuleWithOperations } from '../../types.ts';
import { placeOf, requestVersion } from './admission-request.ts';

/** The version that the objects are to be shown in where the request is meant; undefined where it is not. */
export function matchResources(match: MatchResources, write: RuledWrite): string | undefined {
  if (!isNamespaceMeant(match, write) || !isObjectMeant(match, write)) return undefined;
  const { excludeResourceRules = [], resourceRules = [] } = match;
  if (versionMeant(excludeResourceRules, match, write) !== undefined) return undefined;
  return resourceRules.length === 0
    ? requestVersion(write)
    : versionMeant(resourceRules, match, write);
}

/** The request's version, else another one of the resource where that is as good. */
function versionMeant(
  rules: readonly NamedRuleWithOperations[],
  { matchPolicy = 'Equivalent' }: MatchResources,
  write: RuledWrite,
): string | undefined {
  const asked = requestVersion(write);
  const { versions } = write.definition;
  const others = matchPolicy === 'Exact' ? [] : versions.filter((version) => version !== asked);
  return [asked, ...others].find((version) =>
    rules.some((rule) => isRuleMeant(rule, write, version)),
  );
}

function isRuleMeant(rule: NamedRuleWithOperations, write: RuledWrite, version: string): boolean {
  const { definition, operation } = write;
  const { apiGroups = [], apiVersions = [], operations = [], resourceNames = [] } = rule;
  return (
    isScopeMeant(rule, write) &&
    isOneOf(operations, operation) &&
    isOneOf(apiGroups, definition.group) &&
    isOneOf(apiVersions, version) &&
    isResourceMeant(rule, write) &&
    (resourceNames.length === 0 || resourceNames.includes(placeOf(write).name))
  );
}

function isOneOf(values: readonly string[], value: string): boolean {
  return values.includes('*') || values.includes(value);
}

function isScopeMeant(
  { scope = '*' }: NamedRuleWithOperations,
  { definition }: RuledWrite,
): boolean {
  return scope === '*' || (scope === 'Namespaced') === definition.isNamespaced;
}

/** `pods`, `pods/status`, `*`, any resource’s `scale`: without a subresource the resource itself is meant. */
function isResourceMeant({ resources = [] }: NamedRuleWithOperations, write: RuledWrite): boolean {
  return resources.some((text) => {
    const [resource = '', subresource = ''] = text.split('/', 2);
    return (
      isOneOf([resource], write.definition.plural) && isOneOf([subresource], write.subresource)
    );
  });
}

/** What is in no Namespace is always meant. */
function isNamespaceMeant({ namespaceSelector }: MatchResources, write: RuledWrite): boolean {
  if (namespaceSelector === undefined) return true;
  const { namespace } = placeOf(write);
  if (namespace === '') return true;
  const { definition, object, old, store } = write;
  const home =
    definition.name === 'Namespace'
      ? (object ?? old)
      : store.get('Namespace', undefined, namespace);
  return compileLabelSelector(namespaceSelector)(home?.metadata.labels);
}

/** One of both is enough: nobody gets out of a rule by taking away a label. */
function isObjectMeant({ objectSelector }: MatchResources, { object, old }: RuledWrite): boolean {
  if (objectSelector === undefined) return true;
  const matches = compileLabelSelector(objectSelector);
  const isMeant = (one: KubeObject | undefined): boolean =>
    one !== undefined && matches((one.metadata as KubeObject['metadata'] | undefined)?.labels); // options of a connection have none
  return isMeant(object) || isMeant(old);
}
