/** Roles and who has them. @see kubernetes `pkg/apis/rbac` */
import type { FieldError } from '../errors.ts';
import { deepEqual } from '../deep-equal.ts';
import { defineKind, type KindRow } from '../kind.ts';
import { checkDnsSubdomain, checkPathSegment } from '../names.ts';
import type { KubeObject } from '../object.ts';
import type { LabelSelector } from '../types.ts';
import { AGE, CREATED_AT, NAME, text, wide } from './columns.ts';
import { at, items, word } from './object-path.ts';
import { invalid, invalidEach, notSupported, required } from './validate/field-errors.ts';
import { isValidSelector, validateLabelSelector } from './validate/labels.ts';

const GROUP = 'rbac.authorization.k8s.io';
/** Roles, bindings, and those of the whole cluster. */
export const RBAC_KINDS: readonly KindRow[] = [
  defineKind<string>(`Role.${GROUP}`, {
    validateName: checkPathSegment,
    validate: (role) => validateRules(role, true),
    columns: [NAME, CREATED_AT],
  }),
  defineKind<string>(`ClusterRole.${GROUP}`, {
    validateName: checkPathSegment,
    validate: (role) => [...validateRules(role, false), ...validateAggregation(role)],
    columns: [NAME, CREATED_AT],
  }),
  binding(`RoleBinding.${GROUP}`, ['Role', 'ClusterRole']),
  binding(`ClusterRoleBinding.${GROUP}`, ['ClusterRole']),
];

/** @param kinds of roles that it may be of */
function binding(name: string, kinds: readonly string[]): KindRow {
  const isNamespaced = kinds.includes('Role');
  return defineKind<string>(name, {
    validateName: checkPathSegment,
    defaults: defaultBinding,
    validate: (object, old) => [
      ...validateRole(object, kinds),
      ...items(object, 'subjects').flatMap((subject, index) =>
        validateSubject(`subjects[${index}]`, subject, isNamespaced),
      ),
      ...(old !== undefined && !deepEqual(object['roleRef'], old['roleRef'])
        ? [invalid('roleRef', shownRole(object), 'cannot change roleRef')]
        : []),
    ],
    columns: [
      NAME,
      text('Role', (object) => `${word(object, 'roleRef.kind')}/${word(object, 'roleRef.name')}`),
      AGE,
      wide('Users', subjectsOf('User')),
      wide('Groups', subjectsOf('Group')),
      wide('ServiceAccounts', subjectsOf('ServiceAccount')),
    ],
  });
}

function subjectsOf(kind: string): (object: KubeObject) => string {
  return (object) =>
    items(object, 'subjects')
      .filter((subject) => at(subject, 'kind') === kind)
      .map((subject) =>
        [word(subject, 'namespace'), word(subject, 'name')].filter((part) => part !== '').join('/'),
      )
      .join(', ');
}

/** Users and groups are of this API; accounts of the core. */
function defaultBinding(object: KubeObject): KubeObject {
  const roleRef = object['roleRef'];
  const isGrouped = word(roleRef, 'apiGroup') !== '';
  const subjects = items(object, 'subjects').map((subject) => {
    const kind = word(subject, 'kind');
    const isPerson = kind === 'User' || kind === 'Group';
    // Read by the schema of its kind.
    return isPerson && word(subject, 'apiGroup') === ''
      ? { ...(subject as object), apiGroup: GROUP }
      : subject;
  });
  return {
    ...object,
    roleRef: isGrouped ? roleRef : { ...(roleRef as object | undefined), apiGroup: GROUP },
    ...(subjects.length > 0 && { subjects }),
  };
}

function validateRules(role: KubeObject, isNamespaced: boolean): readonly FieldError[] {
  return items(role, 'rules').flatMap((rule, index) =>
    validateRule(`rules[${index}]`, rule, isNamespaced),
  );
}

function validateRule(field: string, rule: unknown, isNamespaced: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const has = (name: string): boolean => items(rule, name).length > 0;
  if (!has('verbs'))
    errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  if (!has('nonResourceURLs')) {
    if (!has('apiGroups'))
      errors.push(
        required(`${field}.apiGroups`, 'resource rules must supply at least one api group'),
      );
    if (!has('resources'))
      errors.push(
        required(`${field}.resources`, 'resource rules must supply at least one resource'),
      );
    return errors;
  }
  const urls = items(rule, 'nonResourceURLs');
  const path = `${field}.nonResourceURLs`;
  if (isNamespaced)
    errors.push(invalid(path, urls, 'namespaced rules cannot apply to non-resource URLs'));
  if (has('apiGroups') || has('resources') || has('resourceNames'))
    errors.push(
      invalid(path, urls, 'rules cannot apply to both regular resources and non-resource URLs'),
    );
  return errors;
}

function validateAggregation(role: KubeObject): readonly FieldError[] {
  if (at(role, 'aggregationRule') === undefined) return [];
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = items(role, field) as readonly LabelSelector[]; // read by the schema of its kind
  if (selectors.length === 0)
    return [
      required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'),
    ];
  return selectors.flatMap((selector, index) => [
    ...validateLabelSelector(`${field}[${index}]`, selector),
    // What could not be read shows as nothing.
    ...(isValidSelector(selector)
      ? []
      : [invalid(`${field}[${index}]`, null, 'invalid label selector.')]),
  ]);
}

function shownRole(object: KubeObject): object {
  return {
    APIGroup: word(object, 'roleRef.apiGroup'),
    Kind: word(object, 'roleRef.kind'),
    Name: word(object, 'roleRef.name'),
  };
}

function validateRole(object: KubeObject, kinds: readonly string[]): readonly FieldError[] {
  const [group, kind] = [word(object, 'roleRef.apiGroup'), word(object, 'roleRef.kind')];
  const name = word(object, 'roleRef.name');
  return [
    ...(group === GROUP ? [] : [notSupported('roleRef.apiGroup', group, [GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === ''
      ? [required('roleRef.name')]
      : invalidEach('roleRef.name', name, checkPathSegment(name))),
  ];
}

const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

function validateSubject(
  field: string,
  subject: unknown,
  isNamespaced: boolean,
): readonly FieldError[] {
  const [kind, name] = [word(subject, 'kind'), word(subject, 'name')];
  const group = word(subject, 'apiGroup');
  const errors: FieldError[] = name === '' ? [required(`${field}.name`)] : [];
  if (!SUBJECT_KINDS.includes(kind))
    return [...errors, notSupported(`${field}.kind`, kind, SUBJECT_KINDS)];
  if (kind !== 'ServiceAccount')
    return group === GROUP
      ? errors
      : [...errors, notSupported(`${field}.apiGroup`, group, [GROUP])];
  if (name !== '') errors.push(...invalidEach(`${field}.name`, name, checkDnsSubdomain(name)));
  if (group !== '') errors.push(notSupported(`${field}.apiGroup`, group, ['']));
  if (!isNamespaced && word(subject, 'namespace') === '')
    errors.push(required(`${field}.namespace`));
  return errors;
}
