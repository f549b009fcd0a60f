import type {
  ConfigMap,
  ConfigMapKeySelector,
  Container,
  EnvFromSource,
  EnvVarSource,
  Node,
  Pod,
  Secret,
  SecretKeySelector,
} from '../api/index.ts';
import { downwardField } from './downward-field.ts';
import { resourceField } from './resource-field.ts';
import { expand } from './expansion.ts';

/** Where the values of a container's environment come from. */
export interface EnvironmentSources {
  readonly configMap: (namespace: string, name: string) => ConfigMap | undefined;
  readonly secret: (namespace: string, name: string) => Secret | undefined;
  readonly node: (name: string) => Node | undefined;
  /** A token of the Pod's ServiceAccount; undefined where none are made. */
  readonly token?: (pod: Pod, wish: PodTokenWish) => string | undefined;
  /** The variables of the Services that a Pod of this namespace is told of. */
  readonly services: (namespace: string, hasServiceLinks: boolean) => ReadonlyMap<string, string>;
}

/** What a projected volume asks of a token. */
export interface PodTokenWish {
  /** @default the API server itself */
  readonly audience: string | undefined;
  readonly expirationSeconds: number;
}

export interface EnvironmentInput {
  readonly pod: Pod;
  readonly container: Container;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
  readonly sources: EnvironmentSources;
}

export type Environment =
  | {
      readonly kind: 'computed';
      /** What the spec asks for. */
      readonly own: ReadonlyMap<string, string>;
      /** What the Services add where the spec says nothing. */
      readonly services: ReadonlyMap<string, string>;
    }
  /** Something that it names is missing: the container cannot be created. */
  | { readonly kind: 'failed'; readonly message: string };

/**
 * A container's environment as the kubelet computes it: `envFrom` in order, `env` over it, and the Services' variables
 * where neither has a say.
 *
 * @see kubernetes pkg/kubelet makeEnvironmentVariables
 */
export function computeEnvironment(input: EnvironmentInput): Environment {
  const { pod, sources } = input;
  const services = sources.services(namespaceOf(pod), pod.spec?.enableServiceLinks ?? true);
  try {
    return { kind: 'computed', own: ownVariables(input, services), services };
  } catch (error) {
    if (error instanceof EnvironmentError) return { kind: 'failed', message: error.message };
    throw error;
  }
}

/** @throws EnvironmentError for what is missing. */
function ownVariables(
  input: EnvironmentInput,
  services: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const { envFrom = [], env = [] } = input.container;
  const own = new Map<string, string>();
  const lookUp = (name: string): string | undefined => own.get(name) ?? services.get(name);
  for (const source of envFrom) addAll(own, source, input);
  for (const { name, value = '', valueFrom } of env) {
    const isGiven = value !== '' || valueFrom === undefined;
    const resolved = isGiven ? expand(value, lookUp) : valueOf(valueFrom, input);
    if (resolved !== undefined) own.set(name, resolved);
  }
  return own;
}

/** Ends the computation; never leaves this file. */
class EnvironmentError extends Error {}

function addAll(
  own: Map<string, string>,
  { prefix = '', configMapRef, secretRef }: EnvFromSource,
  { pod, sources }: EnvironmentInput,
): void {
  const namespace = namespaceOf(pod);
  if (configMapRef !== undefined) {
    const { name = '', optional = false } = configMapRef;
    const found = present(sources.configMap(namespace, name), `configmap "${name}"`, optional);
    for (const [key, value] of Object.entries(found?.data ?? {})) own.set(`${prefix}${key}`, value);
  }
  if (secretRef !== undefined) {
    const { name = '', optional = false } = secretRef;
    const found = present(sources.secret(namespace, name), `secret "${name}"`, optional);
    for (const [key, value] of Object.entries(secretData(found))) own.set(`${prefix}${key}`, value);
  }
}

/** @returns undefined when it is absent and may be. */
function valueOf(source: EnvVarSource, input: EnvironmentInput): string | undefined {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = source;
  if (fieldRef !== undefined)
    return supported(downwardField(fieldRef.fieldPath, input), `fieldPath: ${fieldRef.fieldPath}`);
  if (resourceFieldRef !== undefined) {
    const what = `container resource : ${resourceFieldRef.resource}`;
    return supported(resourceField(resourceFieldRef, input), what);
  }
  if (configMapKeyRef !== undefined) return configMapValue(configMapKeyRef, input);
  return secretKeyRef === undefined ? '' : secretValue(secretKeyRef, input);
}

function supported(value: string | undefined, what: string): string {
  if (value === undefined) throw new EnvironmentError(`unsupported ${what}`);
  return value;
}

function configMapValue(
  { name = '', key, optional = false }: ConfigMapKeySelector,
  { pod, sources }: EnvironmentInput,
): string | undefined {
  const namespace = namespaceOf(pod);
  const found = present(sources.configMap(namespace, name), `configmap "${name}"`, optional);
  const place = { key, object: `ConfigMap ${namespace}/${name}` };
  return found && present(found.data?.[key], place, optional);
}

function secretValue(
  { name = '', key, optional = false }: SecretKeySelector,
  { pod, sources }: EnvironmentInput,
): string | undefined {
  const namespace = namespaceOf(pod);
  const found = present(sources.secret(namespace, name), `secret "${name}"`, optional);
  const place = { key, object: `Secret ${namespace}/${name}` };
  return found && present(secretData(found)[key], place, optional);
}

function namespaceOf({ metadata }: Pod): string {
  return metadata.namespace ?? 'default';
}

/** `value`, unless it is absent and must not be. */
function present<T>(
  value: T | undefined,
  what: string | { readonly key: string; readonly object: string },
  isOptional: boolean,
): T | undefined {
  if (value !== undefined || isOptional) return value;
  throw new EnvironmentError(
    typeof what === 'string'
      ? `${what} not found`
      : `couldn't find key ${what.key} in ${what.object}`,
  );
}

/** A Secret's values as text; `stringData` never reaches the store. */
function secretData(secret: Secret | undefined): Readonly<Record<string, string>> {
  const decoded = Object.entries(secret?.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString('utf8'),
  ]);
  return { ...Object.fromEntries(decoded), ...secret?.stringData };
}
