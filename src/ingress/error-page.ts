import { errorFields } from './error-fields.ts';
import type { RequestHead } from './http1/index.ts';
import type { ExchangeOptions } from './exchange.ts';
import type { IngressServices } from './services.ts';

export type ErrorPageQuestion = Pick<
  ExchangeOptions,
  'head' | 'facts' | 'request' | 'destination'
> & { readonly status: number };

/** What is asked for the page of an error; undefined where nobody is there to ask. @see ingress-nginx, custom errors */
export function errorPageOf(
  question: ErrorPageQuestion,
  services: Pick<IngressServices, 'endpointsOf'>,
): Pick<ExchangeOptions, 'head' | 'facts' | 'request' | 'destination'> | undefined {
  const { status, head, facts, request, destination } = question;
  const { routed } = destination;
  const backend = routed.policy.customErrors?.backend;
  const endpoints = backend === undefined ? [] : services.endpointsOf(backend);
  if (backend === undefined || endpoints.length === 0) return undefined;
  const isDone = head.framing.kind === 'none';
  const asked: RequestHead = {
    ...head,
    method: 'GET',
    fields: withoutFraming(head.fields),
    framing: { kind: 'none' },
    // The rest of the body would be read for another request.
    isPersistent: head.isPersistent && isDone,
  };
  const { customErrors: _customErrors, affinity: _affinity, ...policy } = routed.policy;
  return {
    head: asked,
    request: { ...request, method: 'GET' },
    destination: { ...destination, endpoints, backend, routed: { ...routed, backend, policy } },
    facts: {
      ...facts,
      target: '/',
      edits: errorFields(status, routed.route, request),
    },
  };
}

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'expect']);

function withoutFraming(fields: readonly string[]): string[] {
  return fields.filter((_, index) => {
    const name = fields[index - (index % 2)] ?? '';
    return !FRAMING.has(name.toLowerCase());
  });
}
