import { at, fields, items, word } from '../kinds/object-path.ts';

/** A file of a volume, and what it comes from. */
interface File {
  readonly path: string;
  readonly source: string;
}

/** Sources that there is nothing to say of: all Pods share those of their token. */
const quiet = new WeakSet<readonly unknown[]>();

/** Of files of a volume that hide each other. @see kubernetes `warningsForOverlappingVirtualPaths` */
export function overlapWarnings(volume: unknown): readonly string[] {
  const { configMap, secret, downwardAPI, projected } = fields({ volume }, 'volume');
  const name = (object: unknown, field: string): string => JSON.stringify(word(object, field));
  const told = (what: string, files: readonly File[]): readonly string[] =>
    overlapsAmong(files).map(
      (overlap) => `volume ${name(volume, 'name')} (${what}): overlapping paths: ${overlap}`,
    );
  const warnings: string[] = [];
  if (configMap !== undefined)
    warnings.push(...told(`ConfigMap ${name(configMap, 'name')}`, filesAt(configMap)));
  if (secret !== undefined)
    warnings.push(...told(`Secret ${name(secret, 'secretName')}`, filesAt(secret)));
  if (downwardAPI !== undefined) warnings.push(...told('DownwardAPI', filesAt(downwardAPI)));
  const sources = items(projected, 'sources');
  if (sources.length === 0 || quiet.has(sources)) return warnings;
  for (const source of sources)
    if (Object.keys(fields({ source }, 'source')).length === 0)
      warnings.push(`volume ${name(volume, 'name')} (Projected) has no sources provided`);
  warnings.push(...told('Projected', sources.flatMap(filesOf)));
  if (warnings.length === 0) quiet.add(sources);
  return warnings;
}

function filesAt(source: unknown, shown: string = ''): readonly File[] {
  return items(source, 'items').map((item) => ({ path: word(item, 'path'), source: shown }));
}

/** What one source of a projected volume brings. */
function filesOf(source: unknown): readonly File[] {
  const {
    configMap,
    secret,
    downwardAPI,
    serviceAccountToken,
    clusterTrustBundle,
    podCertificate,
  } = fields({ source }, 'source');
  const quoted = (object: unknown, field: string): string => JSON.stringify(word(object, field));
  if (items(configMap, 'items').length > 0)
    return filesAt(configMap, `ConfigMap ${quoted(configMap, 'name')}`);
  if (items(secret, 'items').length > 0) return filesAt(secret, `Secret ${quoted(secret, 'name')}`);
  if (items(downwardAPI, 'items').length > 0) return filesAt(downwardAPI, 'DownwardAPI');
  if (serviceAccountToken !== undefined)
    return [{ path: word(serviceAccountToken, 'path'), source: 'ServiceAccountToken' }];
  if (clusterTrustBundle !== undefined) {
    const by = at(clusterTrustBundle, 'name') === undefined ? 'signerName' : 'name';
    const shown = `ClusterTrustBundle ${quoted(clusterTrustBundle, by)}`;
    return [{ path: word(clusterTrustBundle, 'path'), source: shown }];
  }
  return [
    { path: word(podCertificate, 'certificateChainPath'), source: 'PodCertificate chain' },
    { path: word(podCertificate, 'keyPath'), source: 'PodCertificate key' },
    {
      path: word(podCertificate, 'credentialBundlePath'),
      source: 'PodCertificate credential bundle',
    },
  ].filter(({ path }) => path !== '');
}

/** Each file with each before it that is the same, or a folder of the other. */
function overlapsAmong(files: readonly File[]): readonly string[] {
  if (files.length < 2) return [];
  const before: File[] = [];
  return files.flatMap(({ path, source }) => {
    const file = { path: path.replace(/\/+$/, ''), source };
    const overlaps = before
      .filter((other) => other.path !== '' && file.path !== '' && isWithin(file.path, other.path))
      .map((other) => `${show(file)} with ${show(other)}`);
    before.push(file);
    return overlaps;
  });
}

function isWithin(path: string, other: string): boolean {
  return `${path}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${path}/`);
}

function show({ path, source }: File): string {
  return source === '' ? JSON.stringify(path) : `${JSON.stringify(path)} (${source})`;
}
