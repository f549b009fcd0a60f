/**
 * The path of an image's repository, in parts: without registry, tag and digest.
 *
 * `registry.k8s.io/e2e-test-images/agnhost:2.53` is `e2e-test-images`, `agnhost`; `nginx` is `nginx`.
 *
 * @see distribution/reference: the first part is a registry when it has a dot or a colon, or is `localhost`
 */
export function imagePath(image: string): readonly string[] {
  const [named = ''] = image.split('@');
  const parts = named.split('/');
  const [first = ''] = parts;
  if (parts.length > 1 && (/[.:]/.test(first) || first === 'localhost')) parts.shift();
  const last = parts.length - 1;
  parts[last] = parts[last]?.replace(/:[^:]*$/, '') ?? '';
  return parts;
}

/** The image's tag; `latest` when it has none. */
export function imageTag(image: string): string {
  const [named = ''] = image.split('@');
  return /:([^:/]+)$/.exec(named)?.[1] ?? 'latest';
}

/** Whether `pattern` names the last parts of the image's path. */
export function imageMatches(path: readonly string[], pattern: string): boolean {
  const wanted = pattern.split('/');
  const offset = path.length - wanted.length;
  return offset >= 0 && wanted.every((part, index) => path[offset + index] === part);
}
