/**
 * Replaces `$(NAME)` as Kubernetes does in `command`, `args` and `env`: `$$` is a dollar sign, and references to what
 * nobody has defined stay as they are written.
 *
 * @param lookUp The value of a variable; undefined when there is none.
 * @see kubernetes third_party/forked/golang/expansion
 */
export function expand(text: string, lookUp: (name: string) => string | undefined): string {
  if (!text.includes('$')) return text;
  return text.replace(/\$(?:\$|\(([^)]*)\)|)/g, (reference: string, name: string | undefined) => {
    if (reference === '$$') return '$';
    return name === undefined ? reference : (lookUp(name) ?? reference);
  });
}
