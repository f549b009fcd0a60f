import { describeObject } from './describe-object.ts';
import { apiVersionsOfKind, kindsOfGroup, schemaOfKind } from '../openapi-schemas.ts';
import { nearestName } from '../../net/index.ts';
import type { ManifestDocument, ParsedManifests } from './parse.ts';
import type { Problem } from './problem.ts';
import { checkShape, type CheckedShape } from './schema.ts';

/** How strictly manifests are read. */
export interface CheckOptions {
  /** Unknown fields are errors, as with `kubectl --validate=strict`, and so are unknown kinds. @default false */
  readonly isStrict?: boolean;
}

/**
 * Finds unknown and mistyped fields, and kinds that the API has no longer.
 *
 * @returns The documents as the API server decodes them; those with errors are left out.
 */
export function checkManifests(
  documents: readonly ManifestDocument[],
  options: CheckOptions = {},
): ParsedManifests {
  const checked: ManifestDocument[] = [];
  const problems: Problem[] = [];
  for (const document of documents) {
    const shape = checkShape(document.object);
    const found = [
      ...versionProblems(document, options),
      ...shapeProblems(document, shape, options),
    ];
    problems.push(...found);
    if (found.some(({ severity }) => severity === 'error')) continue;
    const isSame = shape.object === document.object;
    checked.push(isSame ? document : { ...document, object: shape.object });
  }
  return { documents: checked, problems };
}

function shapeProblems(
  document: ManifestDocument,
  { unknown, errors }: CheckedShape,
  { isStrict = false }: CheckOptions,
): readonly Problem[] {
  const about = describeObject(document.object);
  return [
    ...unknown.map(({ field, nearest }): Problem => ({
      severity: isStrict ? 'error' : 'warning',
      message: `unknown field "${field}"`,
      position: document.positionOf(field),
      object: about,
      ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
    })),
    ...errors.map(({ field, message }): Problem => ({
      severity: 'error',
      message: `${field}: ${message}`,
      position: document.positionOf(field),
      object: about,
      ...quotingHint(message),
    })),
  ];
}

/** The most common of all mistakes: `value: 8080` and `enabled: yes` where text is wanted. */
function quotingHint(message: string): { hint?: string } {
  const found =
    /^Invalid value: (.+): must be of type string, found (?:integer|number|boolean)$/.exec(message);
  return found === null ? {} : { hint: `Put it in quotes: "${found[1] ?? ''}".` };
}

/** Kinds that the network is made of: podlane would ignore them in a version that it cannot read. */
const NETWORK_KINDS: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'EndpointSlice',
  'Endpoints',
  'Ingress',
  'IngressClass',
  'Job',
  'Namespace',
  'NetworkPolicy',
  'Node',
  'Pod',
  'ReplicaSet',
  'Service',
  'StatefulSet',
]);

/** Groups without a dot belong to Kubernetes, so what it does not have there does not exist. */
function versionProblems(
  { object, positionOf }: ManifestDocument,
  { isStrict = false }: CheckOptions,
): readonly Problem[] {
  const { apiVersion, kind } = object;
  if (schemaOfKind(apiVersion, kind) !== undefined) return [];
  const served = apiVersionsOfKind(kind);
  const group = groupOf(apiVersion);
  const siblings = kindsOfGroup(group);
  if (group.includes('.') && siblings.length === 0) return [];
  const isError = isStrict || NETWORK_KINDS.has(kind);
  const nearest = served[0] === undefined ? nearestName(kind, siblings) : undefined;
  return [
    {
      severity: isError ? 'error' : 'warning',
      message: `no matches for kind "${kind}" in version "${apiVersion}"${isError ? '' : '; stored as it is'}`,
      position: positionOf('apiVersion'),
      object: describeObject(object),
      ...(served[0] === undefined ? {} : { hint: `Use apiVersion ${preferred(served, group)}.` }),
      ...(nearest === undefined ? {} : { hint: `Did you mean "${nearest}"?` }),
    },
  ];
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

/** The stable version, of the same group if it has one. */
function preferred(served: readonly string[], group: string): string {
  const own = served.filter((version) => groupOf(version) === group);
  const choice = own.length > 0 ? own : served;
  return choice.find((version) => /(?:^|\/)v\d+$/.test(version)) ?? choice[0] ?? '';
}
