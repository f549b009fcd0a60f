import type { RuledWrite } from '../../admission-rules.ts';
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
export function placeOf({ definition, object, old }: RuledWrite): {
  readonly name: string;
  readonly namespace: string;
} {
  const { name = '', namespace = '', generateName = '' } = (object ?? old)?.metadata ?? {};
  // Nobody asked for a name that was made up.
  const isMadeUp =
    old === undefined &&
    generateName !== '' &&
    name.startsWith(generateName) &&
    name.length === generateName.length + MADE_UP_LETTERS;
  return {
    name: isMadeUp ? '' : name,
    namespace: definition.name === 'Namespace' ? name : namespace,
  };
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
    kind: kindOf(definition, version),
    resource: resourceOf(definition, version),
    ...sub,
    requestKind: kindOf(definition, asked),
    requestResource: resourceOf(definition, asked),
    ...requestSub,
    ...(name !== '' && { name }),
    ...(namespace !== '' && { namespace }),
    operation,
    userInfo: { username: user.name, groups: [...user.groups] },
    dryRun: isDryRun,
    options: {
      kind: OPTIONS[operation],
      apiVersion: 'meta.k8s.io/v1',
      ...(isDryRun && { dryRun: ['All'] }),
    },
  };
}

function kindOf({ group, kind }: KindDefinition, version: string): JsonObject {
  return { group, version, kind };
}

function resourceOf({ group, plural }: KindDefinition, version: string): JsonObject {
  return { group, version, resource: plural };
}

/** The object in the version that was asked for. */
export function shown(
  object: KubeObject | undefined,
  { definition: { group } }: RuledWrite,
  version: string,
): JsonObject | undefined {
  if (object === undefined) return undefined;
  return { ...object, apiVersion: group === '' ? version : `${group}/${version}` };
}
