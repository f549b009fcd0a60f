/** `ms` since 1970 as metav1.Time is written: RFC 3339 in UTC, to the second. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, -'.000Z'.length)}Z`;
}
