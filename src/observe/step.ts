/** One reason on the way to a decision; `explain`, the flow log and the dashboard print them. */
export interface Step {
  /** Which part speaks: `dns`, `service`, `endpoints`, `pick`, `policy`, `route`, `connect`, `pod`. */
  readonly part: string;
  readonly outcome: 'pass' | 'fail' | 'skip';
  /** What was found, as a short phrase. */
  readonly what: string;
  /** The rule that led there, where it is not plain. */
  readonly because?: string;
  /** The API object it is about, as `kind namespace/name`. */
  readonly object?: string;
}
