/** Which names a definition gets, and whether it is served: what upstream's controllers do shortly after a write. */
import { deepEqual } from '../../deep-equal.ts';
import type { KubeObject } from '../../object.ts';
import type {
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../types.ts';
import { definitionSpec, definitionStatus, isTrue } from './definition.ts';

type Finding = Required<
  Pick<CustomResourceDefinitionCondition, 'message' | 'reason' | 'status' | 'type'>
>;

/** Whether objects of a definition can be written: once it is, it stays so. */
export function isEstablished(object: KubeObject): boolean {
  return isTrue(definitionStatus(object), 'Established');
}

/** Whether two definitions may want the same names. */
export function isSameGroup(left: KubeObject, right: KubeObject): boolean {
  return definitionSpec(left).group === definitionSpec(right).group;
}

/**
 * The first definition whose status is behind, with the next status.
 *
 * @param definitions Of one group; those that come first take their names first. @param now as the API writes times
 * @see apiextensions `controller/status/naming_controller.go`, `controller/establish`, `controller/apiapproval`
 */
export function settleDefinition(
  definitions: readonly KubeObject[],
  now: string,
): { readonly old: KubeObject; readonly object: KubeObject } | undefined {
  for (const old of definitions) {
    const before = definitionStatus(old);
    const status = nextStatus(old, definitions, now);
    if (!deepEqual(status, before)) return { old, object: { ...old, status } };
  }
  return undefined;
}

function nextStatus(
  object: KubeObject,
  definitions: readonly KubeObject[],
  now: string,
): CustomResourceDefinitionStatus {
  const status = definitionStatus(object);
  const approval = approvalCondition(object);
  const approved = approval === undefined ? status : withCondition(status, approval, now);
  const named = withNames(object, approved, { definitions, now });
  if (!deepEqual(named, status)) return named;
  if (!isTrue(named, 'NamesAccepted') || isTrue(named, 'Established')) return named;
  return withCondition(named, established('True', 'InitialNamesAccepted'), now);
}

function established(status: string, reason: string): Finding {
  const message = 'the initial names have been accepted';
  return { type: 'Established', status, reason, message };
}

const NOT_ACCEPTED: Finding = {
  type: 'Established',
  status: 'False',
  reason: 'NotAccepted',
  message: 'not all names are accepted',
};

interface Others {
  readonly definitions: readonly KubeObject[];
  readonly now: string;
}

function withNames(
  object: KubeObject,
  status: CustomResourceDefinitionStatus,
  { definitions, now }: Others,
): CustomResourceDefinitionStatus {
  const { names = {} } = definitionSpec(object);
  const { acceptedNames = {}, conditions } = status;
  if (deepEqual(names, acceptedNames)) return status;
  const { accepted, finding } = acceptNames(names, acceptedNames, definitions);
  const before = conditions?.find(({ type }) => type === 'NamesAccepted');
  if (deepEqual(accepted, acceptedNames) && isSameFinding(finding, before)) return status;
  const first = { ...status, acceptedNames: accepted };
  const next = withCondition(first, finding, now);
  if (isTrue(next, 'Established')) return next;
  const isFree = finding.status === 'True';
  const hasCondition = conditions?.some(({ type }) => type === 'Established') === true;
  if (isFree) return withCondition(next, established('False', 'Installing'), now);
  return hasCondition ? next : withCondition(next, NOT_ACCEPTED, now);
}

interface Acceptance {
  readonly accepted: CustomResourceDefinitionNames;
  readonly finding: Finding;
}

/** What is asked for is given where nobody in the group has it; of several conflicts the last is told. */
function acceptNames(
  asked: CustomResourceDefinitionNames,
  had: CustomResourceDefinitionNames,
  definitions: readonly KubeObject[],
): Acceptance {
  const taken = definitions.map((other) => definitionStatus(other).acceptedNames ?? {});
  const resources = new Set(
    taken.flatMap(({ plural, singular, shortNames = [] }) => [plural, singular, ...shortNames]),
  );
  const kinds = new Set(taken.flatMap(({ kind, listKind }) => [kind, listKind]));
  const accepted: Record<string, unknown> = { ...had };
  const conflicts: Finding[] = [];
  for (const [field, title, used] of [
    ['plural', 'Plural', resources],
    ['singular', 'Singular', resources],
    ['shortNames', 'ShortNames', resources],
    ['kind', 'Kind', kinds],
    ['listKind', 'ListKind', kinds],
  ] as const) {
    const own = listOf(had[field]);
    const lost = listOf(asked[field]).filter((name) => !own.includes(name) && used.has(name));
    if (lost.length === 0) accepted[field] = asked[field];
    else conflicts.push(conflict(`${title}Conflict`, lost));
  }
  accepted['categories'] = asked.categories;
  const given = Object.fromEntries(
    Object.entries(accepted).filter(([, value]) => value !== undefined),
  );
  return { accepted: given, finding: conflicts.at(-1) ?? ACCEPTED };
}

const ACCEPTED: Finding = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
};

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return typeof names === 'string' ? [names] : (names ?? []);
}

function conflict(reason: string, names: readonly string[]): Finding {
  const texts = names.map((name) => `${JSON.stringify(name)} is already in use`);
  const message = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  return { type: 'NamesAccepted', status: 'False', reason, message };
}

function isSameFinding(
  finding: Finding,
  known: CustomResourceDefinitionCondition | undefined,
): boolean {
  return (
    known !== undefined &&
    known.status === finding.status &&
    known.reason === finding.reason &&
    known.message === finding.message
  );
}

/** Its time is that of its last change of status. */
function withCondition(
  status: CustomResourceDefinitionStatus,
  finding: Finding,
  now: string,
): CustomResourceDefinitionStatus {
  const conditions = status.conditions ?? [];
  const { type, reason, message } = finding;
  const known = conditions.find((condition) => condition.type === type);
  const lastTransitionTime =
    known?.status === finding.status ? (known.lastTransitionTime ?? now) : now;
  const next = { lastTransitionTime, message, reason, status: finding.status, type };
  return {
    ...status,
    conditions:
      known === undefined
        ? [...conditions, next]
        : conditions.map((condition) => (condition === known ? next : condition)),
  };
}

/** Definitions in Kubernetes' own groups say there who agreed to them. */
export const APPROVED = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** What an approval comes to. */
export type Approval = 'Missing' | 'Unapproved' | 'Approved' | 'Invalid';

/** What the status of a definition in such a group says; undefined for any other. */
function approvalCondition(object: KubeObject): Finding | undefined {
  if (!isProtected(definitionSpec(object).group ?? '')) return undefined;
  const approval = approvalOf(object);
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: approval === 'Approved' ? 'True' : 'False',
    reason: `${approval}Annotation`,
    message: approvalReason(object),
  };
}

/** Why it is what it is. */
export function approvalReason(object: KubeObject): string {
  const [text, approval] = [textOf(object), approvalOf(object)];
  if (approval === 'Approved') return `approved in ${text}`;
  if (approval === 'Unapproved') return `not approved: ${JSON.stringify(text)}`;
  const how =
    approval === 'Missing' ? '' : ' with either a URL or a reason starting with "unapproved"';
  return `protected groups must have approval annotation "${APPROVED}"${how}, ${SEE}`;
}

/** Whether a group is one of Kubernetes' own. */
export function isProtected(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
}

function textOf({ metadata }: KubeObject): string {
  return metadata.annotations?.[APPROVED] ?? '';
}

/** What the annotation comes to. */
export function approvalOf(object: KubeObject): Approval {
  const text = textOf(object);
  if (text === '') return 'Missing';
  if (text.startsWith('unapproved')) return 'Unapproved';
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\s]/.test(text) ? 'Approved' : 'Invalid';
}
