import { canonicalAmounts } from '../../amounts.ts';
import type { FieldError } from '../../errors.ts';
import type { RareRules } from '../../kinds/rare-rules.ts';
import type { KubeObject } from '../../object.ts';
import type {
  Quantity,
  ResourceQuotaSpec,
  ResourceQuotaStatus,
  ScopedResourceSelectorRequirement,
} from '../../types.ts';
import { invalid, required } from '../../kinds/validate/field-errors.ts';
import { isQuotaName, validateHardAmount, validateQuotaName } from '../resource-names.ts';

/** How much there may be in a Namespace, and how much there is. */
export type ResourceQuota = KubeObject & {
  readonly spec?: ResourceQuotaSpec;
  readonly status?: ResourceQuotaStatus;
};

type Amounts = Readonly<Record<string, Quantity>>;

const OF_PODS: ReadonlySet<string> = new Set([
  'pods',
  'cpu',
  'memory',
  'limits.cpu',
  'limits.memory',
  'requests.cpu',
  'requests.memory',
]);
const OF_CLAIMS: ReadonlySet<string> = new Set(['persistentvolumeclaims', 'requests.storage']);
/** What may be counted of the objects in a scope. @see kubernetes `IsResourceQuotaScopeValidForResource` */
const SCOPES: Readonly<Record<string, ReadonlySet<string>>> = {
  Terminating: OF_PODS,
  NotTerminating: OF_PODS,
  BestEffort: new Set(['pods']),
  NotBestEffort: OF_PODS,
  PriorityClass: OF_PODS,
  CrossNamespacePodAffinity: OF_PODS,
  VolumeAttributesClass: OF_CLAIMS,
};
/** Scopes that an object is in or not: there is nothing to compare. */
const PLAIN: readonly string[] = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
];
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const;

/** What a ResourceQuota must be like, and its defaults. */
export const RESOURCE_QUOTA: RareRules = {
  defaults: (object) => {
    const { spec, status } = read(object);
    return {
      ...object,
      ...(spec && { spec: canonical(spec) }),
      ...(status && { status: canonical(status) }),
    };
  },
  validate: (object, old) => {
    const { spec = {}, status = {} } = read(object);
    return [
      ...validateSpec(spec),
      ...(old === undefined ? [] : validateScopeChange(spec, read(old).spec)),
      ...validateAmounts('status.hard', status.hard),
      ...validateAmounts('status.used', status.used),
    ];
  },
};

/** What is stored under this kind is one. */
function read(object: KubeObject): ResourceQuota {
  return object;
}

function canonical<T extends ResourceQuotaStatus>(amounts: T): T {
  const { hard, used } = amounts;
  return {
    ...amounts,
    ...(hard && { hard: canonicalAmounts(hard) }),
    ...(used && { used: canonicalAmounts(used) }),
  };
}

function validateAmounts(field: string, amounts: Amounts = {}): readonly FieldError[] {
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const path = `${field}[${name}]`;
    return [...validateQuotaName(path, name), ...validateHardAmount(path, name, amount)];
  });
}

/** @see kubernetes `ValidateResourceQuotaSpec` */
function validateSpec(spec: ResourceQuotaSpec): readonly FieldError[] {
  const { hard = {}, scopes = [], scopeSelector } = spec;
  const field = 'spec.scopes';
  const expressions = scopeSelector?.matchExpressions ?? [];
  const selected = expressions.map(({ scopeName = '' }) => scopeName);
  const of = 'spec.scopeSelector.matchExpressions';
  return [
    ...validateAmounts('spec.hard', hard),
    ...scopes.flatMap((scope) => [
      ...(Object.hasOwn(SCOPES, scope) ? [] : [invalid(field, scopes, 'unsupported scope')]),
      ...misfits(scope, hard).map(() =>
        invalid(field, scopes, 'unsupported scope applied to resource'),
      ),
    ]),
    ...conflicts(scopes).map(() => invalid(field, scopes, 'conflicting scopes')),
    ...expressions.flatMap((expression) => [
      ...(Object.hasOwn(SCOPES, expression.scopeName ?? '')
        ? []
        : [invalid(`${of}.scopeName`, expression.scopeName ?? '', 'unsupported scope')]),
      ...misfits(expression.scopeName ?? '', hard).map(() =>
        invalid(of, scopeSelector, 'unsupported scope applied to resource'),
      ),
      ...validateOperator(of, expression),
    ]),
    ...conflicts(selected).map(() => invalid(of, spec.scopes ?? null, 'conflicting scopes')),
  ];
}

/** What the quota counts that objects of the scope have not. */
function misfits(scope: string, hard: Amounts): readonly string[] {
  const counted = Object.hasOwn(SCOPES, scope) ? SCOPES[scope] : undefined;
  if (counted === undefined) return [];
  return Object.keys(hard).filter((name) => isQuotaName(name) && !counted.has(name));
}

function conflicts(scopes: readonly string[]): readonly unknown[] {
  return OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope)));
}

function validateOperator(
  field: string,
  { scopeName = '', operator = '', values = [] }: ScopedResourceSelectorRequirement,
): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (PLAIN.includes(scopeName) && operator !== 'Exists')
    errors.push(
      invalid(
        `${field}.operator`,
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      ),
    );
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const why =
        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length === 0 ? [...errors, required(`${field}.values`, why)] : errors;
    }
    case 'Exists':
    case 'DoesNotExist': {
      const why =
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return values.length === 0 ? errors : [...errors, invalid(`${field}.values`, values, why)];
    }
    default:
      return [...errors, invalid(`${field}.operator`, operator, 'not a valid selector operator')];
  }
}

function validateScopeChange(
  { scopes = [] }: ResourceQuotaSpec,
  { scopes: old = [] }: ResourceQuotaSpec = {},
): readonly FieldError[] {
  const isSame =
    scopes.every((scope) => old.includes(scope)) && old.every((scope) => scopes.includes(scope));
  if (isSame) return [];
  return [invalid('spec.scopes', scopes, 'field is immutable')];
}
