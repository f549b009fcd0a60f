import type { Pod } from '../api/index.ts';

/** The Pod as the downward API sees it. */
export interface DownwardPod {
  readonly pod: Pod;
  readonly podIPs: readonly string[];
  readonly hostIPs: readonly string[];
}

/**
 * A field of the Pod by its path, as `fieldRef` names it: `metadata.name`, `metadata.labels['app']`, `status.podIP`…
 *
 * @returns undefined for a path that the downward API does not know.
 * @see kubernetes pkg/fieldpath ExtractFieldPathAsString, pkg/kubelet podFieldSelectorRuntimeValue
 */
export function downwardField(fieldPath: string, from: DownwardPod): string | undefined {
  const { metadata } = from.pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(fieldPath);
  if (subscript !== null) {
    const [, field, key = ''] = subscript;
    return (field === 'labels' ? metadata.labels : metadata.annotations)?.[key] ?? '';
  }
  return FIELDS[fieldPath]?.(from);
}

const FIELDS: Readonly<Record<string, (from: DownwardPod) => string>> = {
  'metadata.name': ({ pod }) => pod.metadata.name,
  'metadata.namespace': ({ pod }) => pod.metadata.namespace ?? '',
  'metadata.uid': ({ pod }) => pod.metadata.uid ?? '',
  'metadata.labels': ({ pod }) => formatMap(pod.metadata.labels),
  'metadata.annotations': ({ pod }) => formatMap(pod.metadata.annotations),
  'spec.nodeName': ({ pod }) => pod.spec?.nodeName ?? '',
  'spec.serviceAccountName': ({ pod }) => pod.spec?.serviceAccountName ?? 'default',
  'status.hostIP': ({ hostIPs }) => hostIPs[0] ?? '',
  'status.hostIPs': ({ hostIPs }) => hostIPs.join(','),
  'status.podIP': ({ podIPs }) => podIPs[0] ?? '',
  'status.podIPs': ({ podIPs }) => podIPs.join(','),
};

/** `key="value"` lines in order of the keys. */
function formatMap(map: Readonly<Record<string, string>> = {}): string {
  return Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
