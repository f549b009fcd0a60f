import type {
  ConfigMap,
  KeyToPath,
  Secret,
  ServiceAccountTokenProjection,
  Volume,
  VolumeProjection,
} from '../api/index.ts';
import { downwardField } from './downward-field.ts';
import type { EnvironmentInput } from './environment.ts';
import { resourceField } from './resource-field.ts';

/** The files of one volume, by their path in it. */
type Files = ReadonlyMap<string, Uint8Array>;

/**
 * A file as the container sees it, from volumes that the API's objects fill: ConfigMap, Secret, downward API, projected.
 *
 * @param path Absolute.
 * @returns undefined when no such volume is mounted there, or it holds no such file.
 */
export function readVolumeFile(path: string, input: EnvironmentInput): Uint8Array | undefined {
  const { container, pod } = input;
  const mount = (container.volumeMounts ?? [])
    .filter(({ mountPath }) => path === mountPath || path.startsWith(withSlash(mountPath)))
    .toSorted((a, b) => b.mountPath.length - a.mountPath.length)[0];
  const volume = pod.spec?.volumes?.find(({ name }) => name === mount?.name);
  if (mount === undefined || volume === undefined) return undefined;
  const below = path.slice(withSlash(mount.mountPath).length);
  const inVolume = [mount.subPath ?? '', below].filter((part) => part !== '').join('/');
  return volumeFiles(volume, input).get(inVolume);
}

/** Paths of all the files that `readVolumeFile` knows. */
export function listVolumeFiles(input: EnvironmentInput): readonly string[] {
  const { container, pod } = input;
  return (container.volumeMounts ?? []).flatMap(({ mountPath, name, subPath = '' }) => {
    const volume = pod.spec?.volumes?.find((candidate) => candidate.name === name);
    if (volume === undefined) return [];
    const below = subPath === '' ? '' : withSlash(subPath);
    const paths = [...volumeFiles(volume, input).keys()].flatMap((path) => {
      if (path === subPath) return [mountPath];
      return path.startsWith(below) ? [`${withSlash(mountPath)}${path.slice(below.length)}`] : [];
    });
    return paths.length === 0 ? [withSlash(mountPath)] : paths;
  });
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

function volumeFiles(volume: Volume, input: EnvironmentInput): Files {
  const namespace = input.pod.metadata.namespace ?? 'default';
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined)
    return select(
      fromConfigMap(input.sources.configMap(namespace, configMap.name ?? '')),
      configMap.items,
    );
  if (secret !== undefined)
    return select(
      fromSecret(input.sources.secret(namespace, secret.secretName ?? '')),
      secret.items,
    );
  if (downwardAPI !== undefined) return fromDownwardApi(downwardAPI.items, input);
  return new Map(
    (projected?.sources ?? []).flatMap((source) => [...projectedFiles(source, input)]),
  );
}

function projectedFiles(source: VolumeProjection, input: EnvironmentInput): Files {
  const namespace = input.pod.metadata.namespace ?? 'default';
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  if (serviceAccountToken !== undefined) return fromToken(serviceAccountToken, input);
  if (configMap !== undefined)
    return select(
      fromConfigMap(input.sources.configMap(namespace, configMap.name ?? '')),
      configMap.items,
    );
  if (secret !== undefined)
    return select(fromSecret(input.sources.secret(namespace, secret.name ?? '')), secret.items);
  return fromDownwardApi(downwardAPI?.items, input);
}

/** @see kubernetes, ServiceAccountTokenProjection: an hour unless it says otherwise */
function fromToken(
  { audience, expirationSeconds = 3600, path }: ServiceAccountTokenProjection,
  { pod, sources }: EnvironmentInput,
): Files {
  const token = sources.token?.(pod, { audience, expirationSeconds });
  return new Map(token === undefined ? [] : [[path, Buffer.from(token)]]);
}

function fromConfigMap(configMap: ConfigMap | undefined): Files {
  const text = Object.entries(configMap?.data ?? {});
  const binary = Object.entries(configMap?.binaryData ?? {});
  return new Map([
    ...text.map(([key, value]) => [key, Buffer.from(value)] as const),
    ...binary.map(([key, value]) => [key, Buffer.from(value, 'base64')] as const),
  ]);
}

function fromSecret(secret: Secret | undefined): Files {
  const entries = Object.entries(secret?.data ?? {});
  return new Map(entries.map(([key, value]) => [key, Buffer.from(value, 'base64')] as const));
}

function fromDownwardApi(
  items: readonly {
    readonly path: string;
    readonly fieldRef?: { readonly fieldPath: string };
    readonly resourceFieldRef?: Parameters<typeof resourceField>[0];
  }[] = [],
  input: EnvironmentInput,
): Files {
  return new Map(
    items.map(({ path, fieldRef, resourceFieldRef }) => {
      const field = fieldRef === undefined ? undefined : downwardField(fieldRef.fieldPath, input);
      const resource =
        resourceFieldRef === undefined ? undefined : resourceField(resourceFieldRef, input);
      return [path, Buffer.from(field ?? resource ?? '')] as const;
    }),
  );
}

/** The items that the volume asks for, under the paths that it gives them; all of them when it asks for none. */
function select(files: Files, items: readonly KeyToPath[] | undefined): Files {
  if (items === undefined || items.length === 0) return files;
  return new Map(
    items.flatMap(({ key, path }) => {
      const file = files.get(key);
      return file === undefined ? [] : [[path, file] as const];
    }),
  );
}
