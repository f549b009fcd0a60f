import type { FieldError } from '../../errors.ts';
import { checkQualifiedName } from '../../names.ts';
import { canonicalQuantity, nanosOf } from '../../quantity.ts';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../../types.ts';
import { invalid, invalidEach, notSupported, required } from '../validate/field-errors.ts';

/** Fields of a Pod that have a name in its API. */
const LABELS: ReadonlySet<string> = new Set([
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.host',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]);
const RESOURCES: readonly string[] = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const SUBSCRIPT = /^(.+?)\['(.*)'\]$/s;

/** A field of the Pod. @param supported those that may be named here, in order */
export function validateFieldRef(
  field: string,
  { apiVersion = '', fieldPath }: ObjectFieldSelector,
  supported: readonly string[],
): readonly FieldError[] {
  const path = `${field}.fieldPath`;
  if (apiVersion === '') return [required(`${field}.apiVersion`)];
  if (fieldPath === '') return [required(path)];
  const problem = labelProblem(apiVersion, fieldPath);
  if (problem !== undefined)
    return [invalid(path, fieldPath, `error converting fieldPath: ${problem}`)];
  const [, map, key] = SUBSCRIPT.exec(fieldPath) ?? [];
  if (map !== undefined && key !== undefined) {
    const name = map === 'metadata.annotations' ? key.toLowerCase() : key;
    return invalidEach(field, name, checkQualifiedName(name));
  }
  const known = fieldPath === 'spec.host' ? 'spec.nodeName' : fieldPath;
  return supported.includes(known) ? [] : [notSupported(path, known, supported)];
}

function labelProblem(apiVersion: string, fieldPath: string): string | undefined {
  if (apiVersion !== 'v1') return `unsupported pod version: ${apiVersion}`;
  const [, map] = SUBSCRIPT.exec(fieldPath) ?? [];
  if (map !== undefined)
    return map === 'metadata.annotations' || map === 'metadata.labels'
      ? undefined
      : `field label does not support subscript: ${fieldPath}`;
  return LABELS.has(fieldPath) ? undefined : `field label not supported: ${fieldPath}`;
}

/** An amount of a container. @param isVolume whether the container must be named */
export function validateResourceRef(
  field: string,
  { containerName = '', resource, divisor }: ResourceFieldSelector,
  isVolume: boolean,
): readonly FieldError[] {
  const divisorErrors = validateDivisor(`${field}.divisor`, resource, divisor);
  if (isVolume && containerName === '')
    return [required(`${field}.containerName`), ...divisorErrors];
  if (resource === '') return [required(`${field}.resource`), ...divisorErrors];
  const isKnown = RESOURCES.includes(resource) || HUGE_PAGES.test(resource);
  return [
    ...(isKnown ? [] : [notSupported(`${field}.resource`, resource, RESOURCES)]),
    ...divisorErrors,
  ];
}

const BYTES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];
const WHATS: Readonly<Record<string, string>> = {
  memory: 'memory',
  'ephemeral-storage': 'local ephemeral storage',
};

function validateDivisor(
  field: string,
  resource: string,
  divisor: string | number | undefined,
): readonly FieldError[] {
  if (divisor === undefined || nanosOf(divisor) === 0n) return [];
  const shown = canonicalQuantity(divisor);
  const name = resource.replace(/^(limits|requests)\./, '');
  if (name === 'cpu' && RESOURCES.includes(resource))
    return shown === '1' || shown === '1m'
      ? []
      : [
          invalid(
            field,
            resource,
            "only divisor's values 1m and 1 are supported with the cpu resource",
          ),
        ];
  const what = HUGE_PAGES.test(resource) ? 'hugepages' : WHATS[name];
  if (what === undefined || BYTES.includes(shown)) return [];
  const detail = `only divisor's values ${BYTES.join(', ')} are supported with the ${what} resource`;
  return [invalid(field, resource, detail)];
}
