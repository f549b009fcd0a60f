import type { Flow } from '../net/index.ts';
import type { Step } from '../observe/index.ts';

/** One question to the policies: may this connection be? */
export interface PolicyQuestion {
  readonly direction: 'egress' | 'ingress';
  /** As the client made it. */
  readonly flow: Flow;
  /** After the Service's translation: the endpoint's address and the source it sees. */
  readonly translated: Flow;
  readonly explain: boolean;
}

export interface PolicyVerdict {
  readonly isAllowed: boolean;
  readonly steps: readonly Step[];
}

/** The place of NetworkPolicy in every decision. */
export type EvaluatePolicy = (question: PolicyQuestion) => PolicyVerdict;

/** No policy at all: everything may talk to everything. */
export const ALLOW_ALL: EvaluatePolicy = ({ direction, explain }) =>
  explain
    ? {
        isAllowed: true,
        steps: [
          {
            part: 'policy',
            outcome: 'skip',
            what: `${direction} is allowed`,
            because: 'NetworkPolicies are stored and not enforced yet',
          },
        ],
      }
    : ALLOWED;

const ALLOWED: PolicyVerdict = { isAllowed: true, steps: [] };
