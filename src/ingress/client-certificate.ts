import { refuse } from './refuse.ts';
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
  /** undefined: verified. */
  readonly problem: string | undefined;
  /** As RFC 2253 writes it: `CN=client,O=example`. */
  readonly subject: string;
  readonly issuer: string;
  readonly commonName: string;
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
  const problem = problemOf(clientTls.verify, shown);
  if (problem !== undefined) return answer(problemAnswer(policy, request, problem));
  const { matchCommonName, isCertificatePassed } = clientTls;
  if (matchCommonName !== undefined && !matchCommonName.test(shown?.commonName ?? ''))
    return answer(refuse(403, policy, 'the common name of the client certificate does not match'));
  return { kind: 'passed', edits: editsOf(shown, isCertificatePassed) };
}

function problemOf(
  verify: ClientTls['verify'],
  shown: ClientCertificate | undefined,
): string | undefined {
  if (shown === undefined) return verify === 'on' ? 'no client certificate was sent' : undefined;
  return shown.problem === undefined || verify === 'optional_no_ca'
    ? undefined
    : `client certificate: ${shown.problem}`;
}

function problemAnswer(policy: RoutePolicy, request: RouteRequest, why: string): RouteAnswer {
  const errorPage = policy.clientTls?.errorPage;
  if (errorPage === undefined) return refuse(400, policy, why);
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
