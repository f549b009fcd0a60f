import { deepEqual } from '../../deep-equal.ts';
import type { FieldError } from '../../errors.ts';
import type { EphemeralContainer } from '../../types.ts';
import { forbidden, notFoundValue } from '../validate/field-errors.ts';
import { validateContainer, validateUniqueName, type PodContext } from './containers.ts';

/** Nothing of a Pod may rely on such a container. @see kubernetes `allowedEphemeralContainerFields` */
const NOT_ALLOWED = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const;

/** The containers that are there for debugging. @param context Knows the names of all others. */
export function validateEphemeralContainers(
  field: string,
  containers: readonly EphemeralContainer[],
  context: PodContext,
): readonly FieldError[] {
  const others = new Set(context.names);
  return containers.flatMap((container, index) => {
    const path = `${field}[${index}]`;
    const { targetContainerName: target = '' } = container;
    return [
      ...validateContainer(path, container, context),
      ...validateUniqueName(path, container, context),
      ...(target === '' || others.has(target)
        ? []
        : [notFoundValue(`${path}.targetContainerName`, target)]),
      ...NOT_ALLOWED.filter((name) => isGiven(container[name])).map((name) =>
        forbidden(`${path}.${name}`, 'cannot be set for an Ephemeral Container'),
      ),
      ...forbidSubPaths(`${path}.volumeMounts`, container),
    ];
  });
}

/** Empty structs are as good as none. */
function isGiven(value: unknown): boolean {
  return typeof value === 'object' && value !== null
    ? Object.keys(value).length > 0
    : value !== undefined && value !== '';
}

function forbidSubPaths(
  field: string,
  { volumeMounts = [] }: EphemeralContainer,
): readonly FieldError[] {
  return volumeMounts.flatMap((mount, index) =>
    (['subPath', 'subPathExpr'] as const)
      .filter((name) => isGiven(mount[name]))
      .map((name) =>
        forbidden(`${field}[${index}].${name}`, 'cannot be set for an Ephemeral Container'),
      ),
  );
}

/** Those that are there stay as they are, in any order. @param before Those, with their defaults, as `now` has. */
export function validateKeptEphemeralContainers(
  now: readonly EphemeralContainer[],
  before: readonly EphemeralContainer[],
): readonly FieldError[] {
  return before.flatMap((known) => {
    const same = now.find(({ name }) => name === known.name);
    if (same !== undefined && deepEqual(same, known)) return [];
    const change = same === undefined ? 'removed' : 'changed';
    return [
      forbidden(
        'spec.ephemeralContainers',
        `existing ephemeral containers ${JSON.stringify(known.name)} may not be ${change}`,
      ),
    ];
  });
}
