import { at, fields, items, word } from '../kinds/object-path.ts';

/** A file of a volume, and what it comes from. */
interface File {
  readonly path: string;
  readonly source: string;
}

/** Of files of a volume that hide each other. @see kubernetes `warningsForOverlappingVirtualPaths` */
export function overlapWarnings(volume: unknown): readonly string[] {
  const name = (path: string): string => JSON.stringify(word(volume, path));
  const told = (what: () => string, overlaps: readonly string[]): readonly string[] =>
    overlaps.map((overlap) => `volume ${name('name')} (${what()}): overlapping paths: ${overlap}`);
  return [
    ...told(
      () => `ConfigMap ${name('configMap.name')}`,
      overlapsAmong(filesAt(volume, 'configMap.items')),
    ),
    ...told(
      () => `Secret ${name('secret.secretName')}`,
      overlapsAmong(filesAt(volume, 'secret.items')),
    ),
    ...told(() => 'DownwardAPI', overlapsAmong(filesAt(volume, 'downwardAPI.items'))),
    ...items(volume, 'projected.sources')
      .filter((source) => Object.keys(fields({ source }, 'source')).length === 0)
      .map(() => `volume ${name('name')} (Projected) has no sources provided`),
    ...told(() => 'Projected', overlapsAmong(items(volume, 'projected.sources').flatMap(filesOf))),
  ];
}

function filesAt(object: unknown, path: string, source: string = ''): readonly File[] {
  return items(object, path).map((item) => ({ path: word(item, 'path'), source }));
}

/** What one source of a projected volume brings. */
function filesOf(source: unknown): readonly File[] {
  const quoted = (path: string): string => JSON.stringify(word(source, path));
  const one = (path: string, from: string): readonly File[] => [
    { path: word(source, path), source: from },
  ];
  if (items(source, 'configMap.items').length > 0)
    return filesAt(source, 'configMap.items', `ConfigMap ${quoted('configMap.name')}`);
  if (items(source, 'secret.items').length > 0)
    return filesAt(source, 'secret.items', `Secret ${quoted('secret.name')}`);
  if (items(source, 'downwardAPI.items').length > 0)
    return filesAt(source, 'downwardAPI.items', 'DownwardAPI');
  if (at(source, 'serviceAccountToken') !== undefined)
    return one('serviceAccountToken.path', 'ServiceAccountToken');
  if (at(source, 'clusterTrustBundle') !== undefined) {
    const by = at(source, 'clusterTrustBundle.name') === undefined ? 'signerName' : 'name';
    return one(
      'clusterTrustBundle.path',
      `ClusterTrustBundle ${quoted(`clusterTrustBundle.${by}`)}`,
    );
  }
  return [
    ...one('podCertificate.certificateChainPath', 'PodCertificate chain'),
    ...one('podCertificate.keyPath', 'PodCertificate key'),
    ...one('podCertificate.credentialBundlePath', 'PodCertificate credential bundle'),
  ].filter(({ path }) => path !== '');
}

/** Each file with each before it that is the same, or a folder of the other. */
function overlapsAmong(files: readonly File[]): readonly string[] {
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
