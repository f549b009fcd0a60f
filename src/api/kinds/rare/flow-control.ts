/** Defaults of and rules for API Priority and Fairness. @see kubernetes `pkg/apis/flowcontrol` */
import type { KubeObject } from '../../object.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import type {
  FlowcontrolSubject,
  FlowDistinguisherMethod,
  FlowSchemaSpec,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
} from '../../types.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { hasWildcard, structs, when } from './check.ts';

const DEFAULT_PRECEDENCE = 1000;
const MAX_PRECEDENCE = 10_000;
const METHODS = ['ByNamespace', 'ByUser'];
const SUBJECTS = ['Group', 'ServiceAccount', 'User'];
/** In the order in which the API lists them. */
const VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'proxy',
  'update',
  'watch',
];

/** Of FlowSchemas. */
export const FLOW_SCHEMA: RareRules = {
  defaults: (object) => {
    const spec = specOf(object);
    const { matchingPrecedence = 0 } = spec;
    return {
      ...object,
      spec: { ...spec, matchingPrecedence: matchingPrecedence || DEFAULT_PRECEDENCE },
    };
  },
  validate: (object, old) => [
    ...(old !== undefined && object['spec'] === old['spec'] ? [] : validateSpec(object)),
    ...validateStatus(object),
  ],
};

function specOf(object: KubeObject): FlowSchemaSpec {
  return object['spec'] ?? {}; // as the API's schema has it
}

/** Conditions of a FlowSchema or PriorityLevelConfiguration. */
export function validateStatus(object: KubeObject): Errors {
  const { conditions } = (object['status'] ?? {}) as {
    readonly conditions?: readonly { readonly type?: string }[];
  };
  const types = structs(conditions).map(({ type = '' }) => type);
  return types.flatMap((type, index) => {
    const field = `status.conditions[${index}].type`;
    return [
      ...when(types.indexOf(type) < index, () => duplicate(field, type)),
      ...when(type === '', () => required(field)),
    ];
  });
}

function validateSpec(object: KubeObject): Errors {
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules } = specOf(object);
  const { name = '' } = specOf(object).priorityLevelConfiguration ?? {};
  const field = 'spec.matchingPrecedence';
  const level = 'spec.priorityLevelConfiguration.name';
  return [
    ...when(precedence <= 0, () => invalid(field, precedence, 'must be a positive value')),
    ...when(precedence > MAX_PRECEDENCE, () =>
      invalid(field, precedence, `must not be greater than ${MAX_PRECEDENCE}`),
    ),
    ...when(precedence === 1 && object.metadata.name !== 'exempt', () =>
      invalid(field, precedence, "only the schema named 'exempt' may have matchingPrecedence 1"),
    ),
    ...validateMethod(distinguisherMethod),
    ...(name === ''
      ? [required(level, 'must reference a priority level')]
      : invalidEach(level, name, checkDnsSubdomain(name))),
    ...structs(rules).flatMap((rule, index) => validateRule(`spec.rules[${index}]`, rule)),
  ];
}

function validateMethod(method: FlowDistinguisherMethod | undefined): Errors {
  if (method === undefined || METHODS.includes(method.type ?? '')) return [];
  return [notSupported('spec.distinguisherMethod.type', { Type: method.type ?? '' }, METHODS)];
}

function validateRule(
  path: string,
  { subjects, resourceRules, nonResourceRules }: PolicyRulesWithSubjects,
): Errors {
  const [resources, others] = [structs(resourceRules), structs(nonResourceRules)];
  return [
    ...((subjects ?? []).length === 0
      ? [required(`${path}.subjects`, 'subjects must contain at least one value')]
      : structs(subjects).flatMap((subject, index) =>
          validateSubject(`${path}.subjects[${index}]`, subject),
        )),
    ...when(resources.length === 0 && others.length === 0, () =>
      required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'),
    ),
    ...resources.flatMap((rule, index) =>
      validateResourceRule(`${path}.resourceRules[${index}]`, rule),
    ),
    ...others.flatMap((rule, index) => validateUrlRule(`${path}.nonResourceRules[${index}]`, rule)),
  ];
}

const OF_KIND = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const;

function validateSubject(path: string, subject: FlowcontrolSubject): Errors {
  const { kind = '' } = subject;
  const field = Object.hasOwn(OF_KIND, kind) ? OF_KIND[kind as keyof typeof OF_KIND] : undefined;
  if (field === undefined) return [notSupported(`${path}.kind`, kind, SUBJECTS)];
  const others = Object.entries(OF_KIND).filter(
    ([, other]) => other !== field && subject[other] !== undefined,
  );
  return [
    ...validateNamed(`${path}.${field}`, subject[field], kind),
    // In the order of upstream's checks.
    ...others
      .toSorted(([, a], [, b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
      .map(([of, other]) =>
        forbidden(`${path}.${other}`, `${other} is forbidden when subject kind is not '${of}'`),
      ),
  ];
}

const ORDER = ['serviceAccount', 'user', 'group'];

function validateNamed(
  path: string,
  subject: { readonly name?: string; readonly namespace?: string } | undefined,
  kind: string,
): Errors {
  if (subject === undefined)
    return [
      required(
        path,
        `${path.slice(path.lastIndexOf('.') + 1)} is required when subject kind is '${kind}'`,
      ),
    ];
  const { name = '', namespace = '' } = subject;
  const isAccount = kind === 'ServiceAccount';
  const isNamed = name !== '' && name !== '*' && isAccount;
  return [
    ...when(name === '', () => required(`${path}.name`)),
    ...(isNamed ? invalidEach(`${path}.name`, name, checkDnsSubdomain(name)) : []),
    ...when(isAccount && namespace === '', () =>
      required(`${path}.namespace`, 'must specify namespace for service account'),
    ),
    ...(isAccount && namespace !== ''
      ? invalidEach(`${path}.namespace`, namespace, checkDnsLabel(namespace))
      : []),
  ];
}

function validateVerbs(field: string, verbs: readonly string[] = []): Errors {
  if (verbs.length === 0) return [required(field, 'verbs must contain at least one value')];
  if (hasWildcard(verbs))
    return when(verbs.length > 1, () =>
      invalid(field, verbs, "if '*' is present, must not specify other verbs"),
    );
  return when(!verbs.every((verb) => VERBS.includes(verb)), () =>
    notSupported(field, verbs, VERBS),
  );
}

function validateUrlRule(
  path: string,
  { verbs, nonResourceURLs: urls = [] }: NonResourcePolicyRule,
): Errors {
  const field = `${path}.nonResourceURLs`;
  return [
    ...validateVerbs(`${path}.verbs`, verbs),
    ...when(urls.length === 0, () =>
      required(field, 'nonResourceURLs must contain at least one value'),
    ),
    ...(hasWildcard(urls)
      ? when(urls.length > 1, () =>
          invalid(field, urls, "if '*' is present, must not specify other non-resource URLs"),
        )
      : urls.flatMap((url, index) => {
          const problem = urlProblem(url);
          return problem === undefined ? [] : [invalid(`${field}[${index}]`, url, problem)];
        })),
  ];
}

/** @see kubernetes `ValidateNonResourceURLPath` */
function urlProblem(path: string): string | undefined {
  if (path === '') return 'must not be empty';
  if (path === '/') return undefined;
  if (!path.startsWith('/')) return 'must start with slash';
  if (path.includes(' ')) return 'must not contain white-space';
  if (path.includes('//')) return 'must not contain double slash';
  return /\*(?!$)|[^/]\*$/.test(path) ? 'wildcard can only do suffix matching' : undefined;
}

function validateResourceRule(path: string, rule: ResourcePolicyRule): Errors {
  const { verbs, apiGroups, resources, namespaces = [], clusterScope = false } = rule;
  const field = `${path}.namespaces`;
  return [
    ...validateVerbs(`${path}.verbs`, verbs),
    ...validateWords(`${path}.apiGroups`, apiGroups, ['api group', 'api groups']),
    ...validateWords(`${path}.resources`, resources, ['resource', 'resources']),
    ...when(namespaces.length === 0 && !clusterScope, () =>
      required(
        field,
        'resource rules that are not cluster scoped must supply at least one namespace',
      ),
    ),
    ...(hasWildcard(namespaces)
      ? when(namespaces.length > 1, () =>
          invalid(field, namespaces, "if '*' is present, must not specify other namespaces"),
        )
      : namespaces.flatMap((namespace, index) =>
          invalidEach(
            `${field}[${index}]`,
            namespace,
            checkDnsLabel(namespace).map(
              (why) => `each member of this list must be '*' or a DNS-1123 label; ${why}`,
            ),
          ),
        )),
  ];
}

function validateWords(
  field: string,
  words: readonly string[] = [],
  [one, many]: readonly [string, string],
): Errors {
  return [
    ...when(words.length === 0, () =>
      required(field, `resource rules must supply at least one ${one}`),
    ),
    ...when(words.length > 1 && hasWildcard(words), () =>
      invalid(field, words, `if '*' is present, must not specify other ${many}`),
    ),
  ];
}
