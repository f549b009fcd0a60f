/** What a conformance area gets: the folder with the case tables. */
export interface AreaContext {
  /** A folder of the form of `fixtures/conformance`. */
  readonly casesDir: string;
  /** Threads that answer DNS. @default 1 */
  readonly dnsWorkers?: number;
}

/** The outcome of one row of a case table. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly ok: boolean;
  readonly expected?: unknown;
  readonly actual?: unknown;
  /** Why the row was not run; such rows count neither as passed nor as failed. */
  readonly skipped?: string;
}

/** Runs every row of an area's tables against the running program. */
export type Area = (context: AreaContext) => AsyncIterable<CaseResult>;
