import {
  ApiError,
  deepEqual,
  isJsonObject,
  type KubeObject,
  type PolicyRule,
  type Store,
  type WriteOptions,
} from '../../api/index.ts';
import type { Target } from '../context.ts';
import type { User } from '../request.ts';
import { allows, decideAccess, isMaster, RBAC_GROUP, rulesFor, rulesOf } from './rbac.ts';
import type { ResourceAccess } from './attributes.ts';

type Manage = NonNullable<WriteOptions['manage']>;

/** Who writes what. */
interface RoleWrite {
  readonly user: User;
  readonly target: Target;
  readonly store: Pick<Store, 'get' | 'list'>;
}

/**
 * `manage`, which throws before where a role or binding would give away what its writer may not do.
 *
 * Whoever may `escalate` roles or `bind` a role need not have what is in it.
 *
 * @see kubernetes `pkg/registry/rbac`, ConfirmNoEscalation
 */
export function withoutEscalation(manage: Manage, write: RoleWrite): Manage {
  const { origin, group } = write.target.definition;
  if (origin !== 'builtin' || group !== RBAC_GROUP || isMaster(write.user)) return manage;
  return (object, old) => {
    if (old === undefined || !isSame(object, old)) checkEscalation(object, old, write);
    return manage(object, old);
  };
}

/** But for what the garbage collector writes. */
function isSame(object: KubeObject, old: KubeObject): boolean {
  const { ownerReferences, finalizers, managedFields } = old.metadata;
  const kept = { ownerReferences, finalizers, managedFields };
  return deepEqual(
    { ...object, metadata: { ...object.metadata, ...kept } },
    { ...old, metadata: { ...old.metadata, ...kept } },
  );
}

function checkEscalation(object: KubeObject, old: KubeObject | undefined, write: RoleWrite): void {
  const { plural } = write.target.definition;
  if (plural === 'roles' || plural === 'clusterroles') checkRole(object, old, write);
  else checkBinding(object, write);
}

function checkRole(role: KubeObject, old: KubeObject | undefined, write: RoleWrite): void {
  const { target } = write;
  if (may('escalate', { resource: target.definition.plural, name: target.name ?? '' }, write))
    return;
  confirm(rulesIn(role), role, write);
  const isGathering = gathers(role) || (old !== undefined && gathers(old));
  if (!isGathering || missing(FULL_AUTHORITY, write).length === 0) return;
  throw forbidden(role, target, 'must have cluster-admin privileges to use the aggregationRule');
}

function checkBinding(binding: KubeObject, write: RoleWrite): void {
  const { kind, name } = roleOf(binding);
  const resource = kind === 'Role' ? 'roles' : 'clusterroles';
  if (may('bind', { resource, name }, write)) return;
  const rules = rulesOf(kind, name, { place: write.target.namespace ?? '', store: write.store });
  if (rules === undefined)
    throw new ApiError('NotFound', `${resource}.${RBAC_GROUP} ${JSON.stringify(name)} not found`, {
      details: { name, group: RBAC_GROUP, kind: resource },
    });
  confirm(rules, binding, write);
}

/** Whether the writer has a right of its own over a role. */
function may(
  verb: 'bind' | 'escalate',
  role: Pick<ResourceAccess, 'resource' | 'name'>,
  { user, target, store }: RoleWrite,
): boolean {
  const { namespace = '' } = target;
  const access = { kind: 'resource', verb, group: RBAC_GROUP, subresource: '', namespace } as const;
  return decideAccess(user, { ...access, ...role }, store).isAllowed;
}

const FULL_AUTHORITY: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

function rulesIn(role: KubeObject): readonly PolicyRule[] {
  return (role['rules'] ?? []) as readonly PolicyRule[]; // read by the struct of its kind
}

function gathers(role: KubeObject): boolean {
  const rule = role['aggregationRule'];
  const selectors = isJsonObject(rule) ? rule['clusterRoleSelectors'] : undefined;
  return Array.isArray(selectors) && selectors.length > 0;
}

function roleOf(binding: KubeObject): { readonly kind: string; readonly name: string } {
  const { kind = '', name = '' } = (binding['roleRef'] ?? {}) as Partial<Record<string, string>>; // read by the struct of its kind
  return { kind, name };
}

/** @throws ApiError Forbidden for rules that the writer has not all. */
function confirm(rules: readonly PolicyRule[], object: KubeObject, write: RoleWrite): void {
  const lines = missing(rules, write);
  if (lines.length === 0) return;
  const { name, groups } = write.user;
  throw forbidden(
    object,
    write.target,
    `user ${JSON.stringify(name)} (groups=${quoted(groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`,
  );
}

/** Rights that are looked at one by one; roles that have more are for those who may do everything. */
const MAX_RIGHTS = 100_000;

/** What the writer may not do of what `rules` say, as lines of a message. */
function missing(
  rules: readonly PolicyRule[],
  { user, target, store }: RoleWrite,
): readonly string[] {
  const owned = rulesFor(user, target.namespace ?? '', store);
  const count = rules.reduce((sum, rule) => sum + rightsIn(rule), 0);
  if (count > MAX_RIGHTS) return rules.slice(0, 1).map(showRule);
  const found = new Map<string, PolicyRule>();
  for (const right of rules.flatMap(rightsOf)) {
    const { verbs = [], ...rest } = right;
    if (verbs.every((verb) => owned.some((rule) => covers(rule, verb, rest)))) continue;
    const key = JSON.stringify(rest);
    found.set(key, { ...rest, verbs: [...(found.get(key)?.verbs ?? []), ...verbs] });
  }
  return [...new Set([...found.values()].map(showRule))].toSorted();
}

function rightsIn(rule: PolicyRule): number {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const each = apiGroups.length * resources.length * Math.max(1, resourceNames.length);
  return verbs.length * (each + (rule.nonResourceURLs ?? []).length);
}

/** A rule as rules of one verb for one resource, name or path. */
function rightsOf(rule: PolicyRule): readonly PolicyRule[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [] } = rule;
  const names = resourceNames.length === 0 ? [{}] : resourceNames.map((name) => nameOnly(name));
  const whole = apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      names.map((name) => ({ apiGroups: [group], resources: [resource], ...name })),
    ),
  );
  const paths = (rule.nonResourceURLs ?? []).map((url) => ({ nonResourceURLs: [url] }));
  return verbs.flatMap((verb) =>
    [...whole, ...paths].map((right) => ({ ...right, verbs: [verb] })),
  );
}

const nameOnly = (name: string): Pick<PolicyRule, 'resourceNames'> => ({ resourceNames: [name] });

/** Whether `rule` has the one right: a pattern covers what it matches, and itself. */
function covers(rule: PolicyRule, verb: string, right: PolicyRule): boolean {
  const [path] = right.nonResourceURLs ?? [];
  if (path !== undefined) return allows(rule, { kind: 'path', verb, path });
  const [group = ''] = right.apiGroups ?? [];
  const [whole = ''] = right.resources ?? [];
  const [name = ''] = right.resourceNames ?? [];
  const slash = whole.indexOf('/');
  const [resource, subresource] =
    slash === -1 ? [whole, ''] : [whole.slice(0, slash), whole.slice(slash + 1)];
  return allows(rule, {
    kind: 'resource',
    verb,
    group,
    resource,
    subresource,
    namespace: '',
    name,
  });
}

const SHOWN = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['ResourceNames', 'resourceNames'],
  ['Verbs', 'verbs'],
] as const;

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. @see `CompactString` */
function showRule(rule: PolicyRule): string {
  const parts = SHOWN.filter(([, field]) => (rule[field] ?? []).length > 0).map(
    ([title, field]) => `${title}:${quoted(rule[field] ?? [])}`,
  );
  return `{${parts.join(', ')}}`;
}

const quoted = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`;

function forbidden({ metadata }: KubeObject, { definition }: Target, why: string): ApiError {
  const { name } = metadata;
  const { plural } = definition;
  return new ApiError(
    'Forbidden',
    `${plural}.${RBAC_GROUP} ${JSON.stringify(name)} is forbidden: ${why}`,
    { details: { name, group: RBAC_GROUP, kind: plural } },
  );
}
