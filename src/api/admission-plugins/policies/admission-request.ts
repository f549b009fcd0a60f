import type { RuledWrite } from '../../admission-rules.ts';
import { toVersion } from '../../conversions/index.ts';
import type { KindDefinition } from '../../kind.ts';
import type { KubeObject } from '../../object.ts';
import type { JsonObject } from '../../patch/json.ts';

/** What the parts of a cluster are called when they write for themselves. */
const OWN_USER = {
  name: 'system:kube-controller-manager',
  groups: ['system:authenticated'],
};
const MADE_UP_LETTERS = 5;
const OPTIONS = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
} as const;

/** The version of the API that is asked; what is stored where nobody asks. */
export function requestVersion({ request, definition }: RuledWrite): string {
  return request?.version ?? definition.version;
}

/** Name and namespace as the request has them: a Namespace is in itself. */
export function placeOf(write: RuledWrite): { readonly name: string; readonly namespace: string } {
  const { definition, object, old, place } = write;
  if (place !== undefined) return place;
  const { name = '', namespace = '' } = (object ?? old)?.metadata ?? {};
  const isNamespace = definition.name === 'Namespace';
  return { name, namespace: isNamespace ? (isMadeUp(write) ? '' : name) : namespace };
}

/** Whether nobody asked for the object's name. */
function isMadeUp({ object, old }: RuledWrite): boolean {
  const { name = '', generateName = '' } = object?.metadata ?? {};
  const isOfLength = name.length === generateName.length + MADE_UP_LETTERS;
  return old === undefined && generateName !== '' && name.startsWith(generateName) && isOfLength;
}

/** The write as it is before it has a name that nobody asked for. */
export function beforeNaming(write: RuledWrite): RuledWrite {
  return isMadeUp(write) ? { ...write, place: { ...placeOf(write), name: '' } } : write;
}

/**
 * What a policy's `request` is, and what a webhook is sent besides the objects.
 *
 * @see apiserver `admission/plugin/cel`, CreateAdmissionRequest
 */
export function admissionRequest(write: RuledWrite, version: string): JsonObject {
  const { definition, operation, subresource, isDryRun, request } = write;
  const { name, namespace } = placeOf(write);
  const { user = OWN_USER } = request ?? {};
  const asked = requestVersion(write);
  const sub = subresource === '' ? {} : { subResource: subresource };
  const requestSub = subresource === '' ? {} : { requestSubResource: subresource };
  return {
    kind: kindOf(write, version),
    resource: resourceOf(definition, version),
    ...sub,
    requestKind: kindOf(write, asked),
    requestResource: resourceOf(definition, asked),
    ...requestSub,
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: { username: user.name, groups: [...user.groups] },
    dryRun: isDryRun,
    options: optionsOf(write),
  };
}

/** As Go writes what is absent. */
function optionsOf({ operation, isDryRun, request }: RuledWrite): JsonObject | null {
  if (operation === 'CONNECT') return null;
  return {
    kind: OPTIONS[operation],
    apiVersion: 'meta.k8s.io/v1',
    ...(isDryRun && { dryRun: ['All'] }),
    ...request?.options,
  };
}

/** Of what is shown, where that is not the object itself. */
function kindOf({ definition, request }: RuledWrite, shownVersion: string): JsonObject {
  const { shown: other } = request ?? {};
  if (other === undefined)
    return { group: definition.group, version: shownVersion, kind: definition.kind };
  return { group: other.group, version: other.version, kind: other.kind };
}

function resourceOf({ group, plural }: KindDefinition, version: string): JsonObject {
  return { group, version, resource: plural };
}

/** The object in the version that was asked for. */
export function shown(
  object: KubeObject | undefined,
  { definition, request }: RuledWrite,
  version: string,
): JsonObject | undefined {
  if (object === undefined) return undefined;
  if (request?.shown !== undefined) return request.shown.of(object);
  return toVersion(object, definition, version);
}
