import {
  compileLabelSelector,
  type AggregationRule,
  type KubeObject,
  type PolicyRule,
  type RoleRef,
  type Store,
  type Subject,
} from '../../api/index.ts';
import type { User } from '../request.ts';
import type { AccessAttributes, ResourceAccess } from './attributes.ts';

/** The API group of roles and bindings. */
export const RBAC_GROUP = 'rbac.authorization.k8s.io';
const ACCOUNT_PREFIX = 'system:serviceaccount:';

/** Who may do everything, whatever roles say. */
const MASTERS = 'system:masters';

/** Whether somebody may do everything. */
export function isMaster({ groups }: User): boolean {
  return groups.includes(MASTERS);
}

/** Whether somebody may, and what says so. */
export interface AccessDecision {
  readonly isAllowed: boolean;
  /** '' where there is nothing to say. */
  readonly reason: string;
}

interface Binding extends KubeObject {
  readonly roleRef?: RoleRef;
  readonly subjects?: readonly Subject[];
}

interface Role extends KubeObject {
  readonly rules?: readonly PolicyRule[];
  readonly aggregationRule?: AggregationRule;
}

type Objects = Pick<Store, 'get' | 'list'>;

/** @see k8s.io/kubernetes `plugin/pkg/auth/authorizer/rbac` */
export function decideAccess(user: User, access: AccessAttributes, store: Objects): AccessDecision {
  if (isMaster(user)) return { isAllowed: true, reason: '' };
  const errors: string[] = [];
  for (const grant of grantsOf(user, namespaceOf(access), store)) {
    if (typeof grant === 'string') errors.push(grant);
    else if (grant.rules.some((rule) => allows(rule, access)))
      return { isAllowed: true, reason: `RBAC: allowed by ${grant.told}` };
  }
  const [first] = errors;
  const list = errors.length > 1 ? `[${errors.join(', ')}]` : first;
  return { isAllowed: false, reason: list === undefined ? '' : `RBAC: ${list}` };
}

/** Every rule that holds for the user in a namespace, those of the cluster first. */
export function rulesFor(user: User, namespace: string, store: Objects): readonly PolicyRule[] {
  return [...grantsOf(user, namespace, store)].flatMap((grant) =>
    typeof grant === 'string' ? [] : grant.rules,
  );
}

interface Grant {
  readonly rules: readonly PolicyRule[];
  /** `RoleBinding "reader/default" of Role "reader" to User "jane"`. */
  readonly told: string;
}

/** What bindings give to the user; a text for one whose role is not there. */
function* grantsOf(user: User, namespace: string, store: Objects): Generator<Grant | string> {
  const cluster = store.list<string>(`ClusterRoleBinding.${RBAC_GROUP}`);
  const local =
    namespace === '' ? [] : store.list<string>(`RoleBinding.${RBAC_GROUP}`, { namespace });
  for (const binding of [...cluster, ...local] as readonly Binding[]) {
    const place = binding.metadata.namespace ?? '';
    const subject = (binding.subjects ?? []).find((one) => isSubject(one, user, place));
    if (subject === undefined) continue;
    const { kind: roleKind = '', name: roleName = '' } = binding.roleRef ?? {};
    const rules = rulesOf(roleKind, roleName, { place, store });
    const { name } = binding.metadata;
    yield rules === undefined
      ? `${roleKind.toLowerCase()}.${RBAC_GROUP} ${JSON.stringify(roleName)} not found`
      : {
          rules,
          told: `${binding.kind} ${JSON.stringify(place === '' ? name : `${name}/${place}`)} of ${roleKind} ${JSON.stringify(roleName)} to ${showSubject(subject)}`,
        };
  }
}

function namespaceOf(access: AccessAttributes): string {
  return access.kind === 'resource' ? access.namespace : '';
}

/** @param place namespace of the binding; accounts without one are of it */
function isSubject({ kind, name = '', namespace }: Subject, user: User, place: string): boolean {
  if (kind === 'User') return name === user.name;
  if (kind === 'Group') return user.groups.includes(name);
  const home = namespace ?? place;
  return (
    kind === 'ServiceAccount' && home !== '' && user.name === `${ACCOUNT_PREFIX}${home}:${name}`
  );
}

function showSubject({ kind = '', name = '', namespace = '' }: Subject): string {
  const shown = kind === 'ServiceAccount' ? `${name}/${namespace}` : name;
  return `${kind} ${JSON.stringify(shown)}`;
}

interface Lookup {
  /** The binding's namespace. */
  readonly place: string;
  readonly store: Objects;
}

/** What a role allows, with what it gathers; undefined where there is none of the name. */
export function rulesOf(
  kind: string,
  name: string,
  { place, store }: Lookup,
): readonly PolicyRule[] | undefined {
  if (kind === 'Role') return rulesIn(store.get<string>(`Role.${RBAC_GROUP}`, place, name));
  const role: Role | undefined = store.get<string>(`ClusterRole.${RBAC_GROUP}`, undefined, name);
  const selectors = role?.aggregationRule?.clusterRoleSelectors ?? [];
  if (role === undefined || selectors.length === 0) return rulesIn(role);
  const isGathered = selectors.map((selector) => compileLabelSelector(selector));
  const others = (store.list<string>(`ClusterRole.${RBAC_GROUP}`) as readonly Role[]).filter(
    ({ metadata }) =>
      metadata.name !== name && isGathered.some((matches) => matches(metadata.labels ?? {})),
  );
  return [...(role.rules ?? []), ...others.flatMap(({ rules = [] }) => rules)];
}

function rulesIn(role: Role | undefined): readonly PolicyRule[] | undefined {
  return role === undefined ? undefined : (role.rules ?? []);
}

/** Whether one rule allows it. */
export function allows(rule: PolicyRule, access: AccessAttributes): boolean {
  const { verbs = [] } = rule;
  if (!verbs.includes('*') && !verbs.includes(access.verb)) return false;
  if (access.kind === 'resource') return allowsResource(rule, access);
  return (rule.nonResourceURLs ?? []).some(
    (url) => url === access.path || (url.endsWith('*') && access.path.startsWith(url.slice(0, -1))),
  );
}

function allowsResource(
  { apiGroups = [], resources = [], resourceNames = [] }: PolicyRule,
  { group, resource, subresource, name }: ResourceAccess,
): boolean {
  if (!apiGroups.includes('*') && !apiGroups.includes(group)) return false;
  const whole = subresource === '' ? resource : `${resource}/${subresource}`;
  const isMeant = resources.some(
    (one) => one === '*' || one === whole || (subresource !== '' && one === `*/${subresource}`),
  );
  return isMeant && (resourceNames.length === 0 || resourceNames.includes(name));
}
