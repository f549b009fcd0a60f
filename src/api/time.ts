let known = { second: Number.NaN, text: '' };

/** `ms` since 1970 as metav1.Time is written: RFC 3339 in UTC, to the second. */
export function formatTime(ms: number): string {
  const second = Math.floor(ms / 1000);
  // Most times that are written are now.
  if (second !== known.second)
    known = { second, text: `${new Date(ms).toISOString().slice(0, -'.000Z'.length)}Z` };
  return known.text;
}
