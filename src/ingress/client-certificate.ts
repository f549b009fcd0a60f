import { refuse, refuseInDetail } from './refuse.ts';
import type {
  ClientTls,
  HeaderEdits,
  RouteAnswer,
  RoutePolicy,
  RouteRequest,
} from './route-policy.ts';
import { expandVariables } from './variables.ts';

/** The certificate that a client of TLS has shown, checked against the authorities of the host. */
export interface ClientCertificate {
  /** PEM of the authorities that it was checked against. */
  readonly ca: string;
  /** undefined: verified. */
  readonly problem: string | undefined;
  /** All the problem is that the authorities do not know who signed it. */
  readonly isAuthorityUnknown: boolean;
  /** As RFC 2253 writes it: `CN=client,O=example`. */
  readonly subject: string;
  readonly issuer: string;
  readonly pem: string;
}

export type CertificateCheck =
  | { readonly kind: 'passed'; readonly edits: HeaderEdits | undefined }
  | { readonly kind: 'answer'; readonly answer: RouteAnswer };

const HEADERS = [
  'ssl-client-verify',
  'ssl-client-subject-dn',
  'ssl-client-issuer-dn',
  'ssl-client-cert',
];

/** What a client's certificate means for a request, and what the backend is told of it. @see ingress-nginx, auth-tls-* */
export function checkCertificate(
  policy: RoutePolicy,
  request: RouteRequest,
  shown: ClientCertificate | undefined,
): CertificateCheck {
  const { clientTls } = policy;
  if (clientTls === undefined || clientTls.verify === 'off' || request.scheme !== 'https')
    return { kind: 'passed', edits: { remove: HEADERS } };
  if (clientTls.ca === undefined)
    return answer(refuse(403, policy, 'the Secret of the authorities cannot be read'));
  // The client named another server when it began: the authorities of that one have no say here.
  if (shown !== undefined && shown.ca !== clientTls.ca)
    return answer(refuse(421, policy, 'the client certificate was shown to another host'));
  const problem = problemOf(clientTls.verify, shown);
  if (problem !== undefined) return answer(problemAnswer(policy, request, problem));
  const { matchCommonName, isCertificatePassed } = clientTls;
  if (matchCommonName !== undefined && !matchCommonName.test(shown?.subject ?? ''))
    return answer({ ...refuse(403, policy), body: 'client certificate unauthorized' });
  return { kind: 'passed', edits: editsOf(shown, isCertificatePassed) };
}

function problemOf(
  verify: ClientTls['verify'],
  shown: ClientCertificate | undefined,
): string | undefined {
  if (shown === undefined)
    return verify === 'on' ? 'No required SSL certificate was sent' : undefined;
  const { problem, isAuthorityUnknown } = shown;
  return problem === undefined || (verify === 'optional_no_ca' && isAuthorityUnknown)
    ? undefined
    : 'The SSL certificate error';
}

function problemAnswer(policy: RoutePolicy, request: RouteRequest, why: string): RouteAnswer {
  const errorPage = policy.clientTls?.errorPage;
  if (errorPage === undefined) return refuseInDetail(policy, why);
  const page = refuse(302, policy);
  const location = ['Location', expandVariables(errorPage, { request })] as const;
  return { ...page, headers: [...page.headers, location] };
}

function answer(given: RouteAnswer): CertificateCheck {
  return { kind: 'answer', answer: given };
}

/** What the client itself says under these names is never believed. */
function editsOf(shown: ClientCertificate | undefined, isCertificatePassed: boolean): HeaderEdits {
  if (shown === undefined) return { remove: HEADERS, set: [['ssl-client-verify', 'NONE']] };
  const verdict = shown.problem === undefined ? 'SUCCESS' : `FAILED:${shown.problem}`;
  const set: (readonly [string, string])[] = [
    ['ssl-client-verify', verdict],
    ['ssl-client-subject-dn', shown.subject],
    ['ssl-client-issuer-dn', shown.issuer],
  ];
  if (isCertificatePassed) set.push(['ssl-client-cert', encodeURIComponent(shown.pem)]);
  return { remove: HEADERS, set };
}
