/** Whether a value of a table is an object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a report shows it. */
export function textOf(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
