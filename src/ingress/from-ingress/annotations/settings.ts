import type { RoutePolicy } from '../../route-policy.ts';
import type { CanaryRules } from '../../canary.ts';

/** What the annotations of one Ingress ask for, apart from its routes. */
export interface IngressSettings {
  readonly policy?: RoutePolicy;
  /** `use-regex` */
  readonly isRegex?: boolean;
  /** `rewrite-target` */
  readonly rewriteTarget?: string;
  /** `x-forwarded-prefix`: has an effect only beside a rewrite. */
  readonly forwardedPrefix?: string;
  readonly aliases?: readonly string[];
  readonly canary?: CanaryRules;
  readonly isFromToWww?: boolean;
  /** `https`: always; `tls`: where the host has a certificate. */
  readonly sslRedirect?: 'https' | 'tls' | 'off';
  readonly isTrailingSlashKept?: boolean;
  /** `default-backend`: the name of a Service. */
  readonly defaultService?: string;
  readonly errorStatuses?: readonly number[];
  readonly isPassthrough?: boolean;
  /** `enable-global-auth` */
  readonly isGlobalAuthExempt?: boolean;
  /** `affinity-canary-behavior: legacy`: a canary does not share the sessions of the main Ingress. */
  readonly isCanaryApart?: boolean;
  /** Session cookies without a path of their own get the location's. */
  readonly isCookiePathOfLocation?: boolean;
}
