/** Which requests webhooks and policies are asked about. @see kubernetes `pkg/apis/admissionregistration/validation` */
import type { MatchResources, NamedRuleWithOperations, RuleWithOperations } from '../../types.ts';
import { checkPathSegment } from '../../names.ts';
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  type Errors,
} from '../validate/field-errors.ts';
import { validateLabelSelector } from '../validate/labels.ts';
import { hasWildcard, structs, when } from './check.ts';

/** In the order in which the API lists them. */
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
export const MATCH_POLICIES: readonly string[] = ['Equivalent', 'Exact'];
export const FAILURE_POLICIES: readonly string[] = ['Fail', 'Ignore'];

/** What a policy looks at. */
export function validateMatch(path: string, match: MatchResources | undefined): Errors {
  if (match === undefined) return [];
  return [
    ...optionalOneOf(`${path}.matchPolicy`, match.matchPolicy, MATCH_POLICIES),
    ...validateLabelSelector(`${path}.namespaceSelector`, match.namespaceSelector),
    ...validateLabelSelector(`${path}.objectSelector`, match.objectSelector),
    ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((field) =>
      structs(match[field]).flatMap((rule, index) =>
        validateNamedRule(`${path}.${field}[${index}]`, rule),
      ),
    ),
  ];
}

function validateNamedRule(path: string, rule: NamedRuleWithOperations): Errors {
  const { resourceNames = [] } = rule;
  return [
    ...resourceNames.flatMap((name, index) => {
      const field = `${path}.resourceNames[${index}]`;
      return [
        ...invalidEach(field, name, checkPathSegment(name)),
        ...when(resourceNames.indexOf(name) < index, () => duplicate(field, name)),
      ];
    }),
    ...validateRule(path, rule),
  ];
}

/** A rule, with the operations that it is about. */
export function validateRule(path: string, rule: RuleWithOperations): Errors {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  return [
    ...validateWords(`${path}.operations`, operations, 'operations'),
    ...operations.flatMap((operation, index) =>
      when(!OPERATIONS.includes(operation), () =>
        notSupported(`${path}.operations[${index}]`, operation, OPERATIONS),
      ),
    ),
    ...validateWords(`${path}.apiGroups`, apiGroups, 'API groups'),
    ...validateWords(`${path}.apiVersions`, apiVersions, 'API versions'),
    ...validateGiven(`${path}.apiVersions`, apiVersions),
    ...validateResources(`${path}.resources`, resources),
    ...optionalOneOf(`${path}.scope`, scope, SCOPES),
  ];
}

/** Some words, or all. */
function validateWords(field: string, words: readonly string[], what: string): Errors {
  return [
    ...when(words.length === 0, () => required(field)),
    ...when(words.length > 1 && hasWildcard(words), () =>
      invalid(field, words, `if '*' is present, must not specify other ${what}`),
    ),
  ];
}

function validateGiven(field: string, words: readonly string[]): Errors {
  return words.flatMap((word, index) => when(word === '', () => required(`${field}[${index}]`)));
}

function validateResources(field: string, resources: readonly string[]): Errors {
  const withoutSubresource = resources.filter((word) => word !== '' && !word.includes('/'));
  // Only the last one counts, as upstream has it.
  const hasPlain = withoutSubresource.length > 0 && withoutSubresource.at(-1) !== '*';
  return [
    ...when(resources.length === 0, () => required(field)),
    ...resources.flatMap((word, index) =>
      validateResource(`${field}[${index}]`, word, resources.slice(0, index)),
    ),
    ...when(resources.length > 1 && resources.includes('*/*'), () =>
      invalid(field, resources, "if '*/*' is present, must not specify other resources"),
    ),
    ...when(resources.includes('*') && hasPlain, () =>
      invalid(
        field,
        resources,
        "if '*' is present, must not specify other resources without subresources",
      ),
    ),
  ];
}

function validateResource(field: string, word: string, before: readonly string[]): Errors {
  if (word === '') return [required(field)];
  const slash = word.indexOf('/');
  if (slash === -1) return [];
  const [resource, subresource] = [word.slice(0, slash), word.slice(slash + 1)];
  const covering = [`${resource}/*`, `*/${subresource}`];
  return covering
    .filter((cover) => before.includes(cover))
    .map((cover) => invalid(field, word, `if '${cover}' is present, must not specify ${word}`));
}
