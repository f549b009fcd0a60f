/** Ports below this need a privilege on most systems. */
const FIRST_UNPRIVILEGED = 1024;

const KNOWN: ReadonlyMap<number, number> = new Map([
  [53, 10053],
  [80, 8080],
  [443, 8443],
]);

/**
 * The port that stands in for `port` where the OS refuses it; always the same one, so that it can be written down.
 *
 * @returns undefined for ports from 1024 on, which need no privilege.
 */
export function alternativePort(port: number): number | undefined {
  if (port <= 0 || port >= FIRST_UNPRIVILEGED) return undefined;
  return KNOWN.get(port) ?? 20_000 + port;
}

/** Whether a text is a port as a Service or a container has it: its number, or its name. @see RFC 6335 section 5.1 */
export function isPortOrName(text: string): boolean {
  if (/^\d{1,5}$/.test(text)) return Number(text) > 0 && Number(text) < 65_536;
  return /^(?=.*[a-z])[a-z0-9-]{1,15}$/.test(text);
}
