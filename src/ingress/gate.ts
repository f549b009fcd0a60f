import { checkUser } from './basic-auth.ts';
import type { ClientCertificate } from './client-certificate.ts';
import { checkCertificate } from './client-certificate.ts';
import { fieldValue } from './http1/index.ts';
import type { ExternalAuthorizer } from './external-auth.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { refuse } from './refuse.ts';
import { clientAddressOf } from './request-fields.ts';
import type {
  ForwardedRequest,
  HeaderEdits,
  RouteAnswer,
  RoutePolicy,
  RouteRequest,
} from './route-policy.ts';

/** What is known of a request that asks for admission. */
export interface GateQuestion {
  readonly request: RouteRequest;
  readonly requestId: string;
  /** What the client of TLS has shown. */
  readonly certificate: () => ClientCertificate | undefined;
  /** The client has gone. */
  readonly signal: AbortSignal;
}

export type GateResult =
  | {
      readonly kind: 'admitted';
      readonly user: string | undefined;
      /** Of the request to the backend. */
      readonly edits: HeaderEdits | undefined;
      /** Of the response to the client. */
      readonly cookies: readonly string[];
      /** To be called when the request is over. */
      readonly finish: (() => void) | undefined;
    }
  | { readonly kind: 'answer'; readonly answer: RouteAnswer };

/** Who may pass to the backend: certificates, passwords, other servers' opinion, limits. */
export interface Gate {
  /** Whether `admit` has anything to say. */
  isNeeded(policy: RoutePolicy): boolean;
  admit(routed: ForwardedRequest, question: GateQuestion): GateResult | Promise<GateResult>;
}

export interface GateOptions {
  readonly limiter: RateLimiter;
  readonly authorizer: ExternalAuthorizer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A secret that stays the same, for digests. */
  readonly nonceKey: () => string;
}

/** In nginx's order: the certificate, limits (preaccess), passwords and the auth server (access). */
export function createGate({ limiter, authorizer, now, nonceKey }: GateOptions): Gate {
  return {
    isNeeded: ({ clientTls, rateLimit, basicAuth, externalAuth }) =>
      basicAuth !== undefined ||
      externalAuth !== undefined ||
      rateLimit !== undefined ||
      clientTls !== undefined,
    admit: async (routed, question) => {
      const { policy } = routed;
      const shown =
        policy.clientTls === undefined
          ? NOTHING_SHOWN
          : checkCertificate(policy, question.request, question.certificate());
      if (shown.kind === 'answer') return shown;
      const admission =
        policy.rateLimit === undefined
          ? undefined
          : limiter.admit(policy.rateLimit, clientAddressOf(question.request, policy), now());
      if (admission?.kind === 'refused')
        return { kind: 'answer', answer: refuse(admission.status, policy, admission.because) };
      const known = await authorise(routed, { ...question, authorizer, now, nonceKey });
      if (known.kind === 'answer') {
        admission?.finish?.();
        return known;
      }
      return {
        kind: 'admitted',
        user: known.user,
        edits: joined(shown.edits, known.edits),
        cookies: known.cookies,
        finish: admission?.finish,
      };
    },
  };
}

const NOTHING_SHOWN = { kind: 'passed', edits: undefined } as const;

type Known =
  | {
      readonly kind: 'known';
      readonly user: string | undefined;
      readonly edits: HeaderEdits | undefined;
      readonly cookies: readonly string[];
    }
  | Extract<GateResult, { readonly kind: 'answer' }>;

/** Passwords and the auth server: both must agree, or, with `satisfy: any`, one. */
async function authorise(
  routed: ForwardedRequest,
  { authorizer, now, nonceKey, ...question }: GateQuestion & Omit<GateOptions, 'limiter'>,
): Promise<Known> {
  const { externalAuth, satisfy } = routed.policy;
  const { method, target, fields } = question.request;
  const authorization = fieldValue(fields, 'authorization');
  const digest =
    routed.policy.basicAuth?.scheme === 'digest'
      ? { method, target, now: now(), key: nonceKey() }
      : undefined;
  const checked = checkUser(routed.policy, authorization, digest);
  if (checked?.kind === 'challenge') return { kind: 'answer', answer: checked.answer };
  const user = checked?.user;
  const isEnough = satisfy === 'any' && user !== undefined;
  if (externalAuth === undefined || isEnough)
    return { kind: 'known', user, edits: undefined, cookies: [] };
  const opinion = await authorizer.ask(routed, externalAuth, question);
  if (opinion.kind === 'answer') return opinion;
  return { kind: 'known', user, edits: opinion.edits, cookies: opinion.cookies };
}

function joined(a: HeaderEdits | undefined, b: HeaderEdits | undefined): HeaderEdits | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    remove: [...(a.remove ?? []), ...(b.remove ?? [])],
    set: [...(a.set ?? []), ...(b.set ?? [])],
    add: [...(a.add ?? []), ...(b.add ?? [])],
  };
}
