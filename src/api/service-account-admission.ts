import { ApiError } from './errors.ts';
import type { KubeObject } from './object.ts';
import type {
  Container,
  LocalObjectReference,
  Pod,
  PodSpec,
  ServiceAccount,
  Volume,
  VolumeMount,
} from './types.ts';

/** What the admission of a Pod needs of the cluster. */
export interface AccountLookup {
  /** Of the Pod's namespace. */
  readonly account: (name: string) => ServiceAccount | undefined;
  /** Five letters for the end of a name. */
  readonly suffix: () => string;
  /** Whether an account that is missing is no matter: what is tried out may be made together with its account. */
  readonly isDryRun: boolean;
}

const DEFAULT_ACCOUNT = 'default';
const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';
/** An hour and a bit, so that it is renewed before the hour is over. */
const EXPIRATION_SECONDS = 3607;
const FILE_MODE = 0o644;

/** Shared by all Pods, since stored objects do not change. */
const TOKEN_SOURCE: Omit<Volume, 'name'> = {
  projected: {
    defaultMode: FILE_MODE,
    sources: [
      { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [
            { path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } },
          ],
        },
      },
    ],
  },
};

/**
 * A new Pod with its ServiceAccount, that one's token mounted in every container, and its pull secrets.
 *
 * The account `default` is made by a controller soon after its Namespace; until then it counts as there, with nothing said
 * in it.
 *
 * @throws ApiError Forbidden where the Pod names an account that is not there.
 * @see kubernetes `plugin/pkg/admission/serviceaccount`
 */
export function withServiceAccount(object: KubeObject, lookup: AccountLookup): KubeObject {
  const pod = object as unknown as Pod; // a Pod by its kind, and read as one
  const { spec } = pod;
  // Validation says what such a Pod lacks.
  if (spec?.containers === undefined) return object;
  const { serviceAccountName: name = DEFAULT_ACCOUNT } = spec;
  const account = lookup.account(name);
  if (account === undefined && name !== DEFAULT_ACCOUNT && !lookup.isDryRun)
    throw missing(pod, name);
  const named: PodSpec = { ...spec, serviceAccountName: name, serviceAccount: name };
  const mounted = isMounted(spec, account) ? withToken(named, lookup.suffix) : named;
  return { ...object, spec: withPullSecrets(mounted, account?.imagePullSecrets ?? []) };
}

/** The Pod has the last word. */
function isMounted(spec: PodSpec, account: ServiceAccount | undefined): boolean {
  return spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true;
}

function missing({ metadata }: Pod, account: string): ApiError {
  const { name, namespace = '' } = metadata;
  return new ApiError(
    'Forbidden',
    `pods "${name}" is forbidden: error looking up service account ${namespace}/${account}: serviceaccount "${account}" not found`,
    { details: { name, kind: 'pods' } },
  );
}

function withToken(spec: PodSpec, suffix: () => string): PodSpec {
  const { containers, initContainers, volumes = [] } = spec;
  const isMissing = [...containers, ...(initContainers ?? [])].some((one) => !hasMount(one));
  if (!isMissing) return spec;
  const known = volumes.find(
    ({ name, projected }) => projected !== undefined && name.startsWith(VOLUME_PREFIX),
  );
  const name = known?.name ?? VOLUME_PREFIX + suffix();
  const mount: VolumeMount = { name, readOnly: true, mountPath: MOUNT_PATH };
  const withMount = (container: Container): Container =>
    hasMount(container)
      ? container
      : { ...container, volumeMounts: [...(container.volumeMounts ?? []), mount] };
  return {
    ...spec,
    volumes: known === undefined ? [...volumes, { name, ...TOKEN_SOURCE }] : volumes,
    ...(initContainers && { initContainers: initContainers.map(withMount) }),
    containers: containers.map(withMount),
  };
}

function hasMount({ volumeMounts = [] }: Container): boolean {
  return volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH);
}

function withPullSecrets(spec: PodSpec, secrets: readonly LocalObjectReference[]): PodSpec {
  const hasOwn = (spec.imagePullSecrets ?? []).length > 0;
  return hasOwn || secrets.length === 0 ? spec : { ...spec, imagePullSecrets: secrets };
}
