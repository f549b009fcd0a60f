import type { ExplainResult, Listening } from '../control/index.ts';
import {
  checkUser,
  describeSource,
  type ForwardedRequest,
  type RequestRecord,
  type RouteBackend,
  type RouteRequest,
} from '../ingress/index.ts';
import type { Step } from '../observe/index.ts';
import type { ServiceEndpoint } from '../proxy/index.ts';
import { answerStep, forwardedStep, podNamed } from './answer-steps.ts';
import { askDoor } from './ask-pod.ts';
import { backendProblem } from './backend-problem.ts';
import type { Cluster } from './create-cluster.ts';
import type { ExplainTarget } from './explain-target.ts';

/** A backend that says nothing for so long is given up. */
const ANSWER_TIMEOUT_MS = 5000;

/**
 * Walks a request from outside through the ingress: which route takes it, which endpoints may serve it, and what the
 * ingress answers when it is really asked.
 *
 * @param door Where the ingress listens.
 */
export async function explainIngress(
  cluster: Cluster,
  target: ExplainTarget,
  door: Listening,
): Promise<ExplainResult> {
  const about = { from: 'outside', to: target.text };
  const routed = cluster.routing.explain(requestOf(target));
  const steps = [enter(target, door), ...routed.steps];
  if (routed.kind === 'answer') {
    const { status, headers } = routed.answer;
    const location = headers.find(([name]) => name === 'Location')?.[1];
    const what = `${status}${location === undefined ? '' : ` to ${location}`}`;
    // A redirect is an answer like another.
    const verdict = status < 400 ? 'answered' : 'refused';
    return { ...about, steps, verdict, summary: `the ingress itself answers ${what}` };
  }
  const { backend } = routed;
  const ready = cluster.routing.endpointsOf(backend) ?? [];
  if (ready.length === 0 && routed.fallback === undefined) {
    const what = backendProblem(cluster.store, backend);
    return {
      ...about,
      steps: [...steps, { part: 'service', outcome: 'fail', what }],
      verdict: 'refused',
      summary: `${what}: the client gets 503`,
    };
  }
  const challenge = challengeStep(routed);
  if (challenge !== undefined)
    return {
      ...about,
      steps: [...steps, challenge],
      verdict: 'refused',
      summary: 'the ingress itself answers 401',
    };
  steps.push(serviceStep(backend, ready));
  return ask(target, { about, door, ready, steps, cluster, routed });
}

/** No backend was asked: what stands before it has answered. */
function ownAnswer({ about, steps, routed }: Asked, status: number): ExplainResult {
  const { externalAuth, rateLimit } = routed.policy;
  const [annotation, why] =
    externalAuth === undefined
      ? [rateLimit === undefined ? 'auth-tls-secret' : 'limit-rps', 'the request may not pass']
      : ['auth-url', `${externalAuth.url} was asked first`];
  const field = `metadata.annotations[nginx.ingress.kubernetes.io/${annotation}]`;
  const step: Step = {
    part: 'route',
    outcome: status < 400 ? 'pass' : 'fail',
    what: `answered ${status}: ${annotation}: ${why}`,
    object: describeSource({ ...routed.route.source, field }),
  };
  return {
    ...about,
    steps: [...steps, step],
    verdict: status < 400 ? 'answered' : 'refused',
    summary: `the ingress itself answers ${status}`,
  };
}

/** Passwords that the ingress asks for itself: nobody gave one. */
function challengeStep({ policy, route: { source } }: ForwardedRequest): Step | undefined {
  if (checkUser(policy, undefined)?.kind !== 'challenge') return undefined;
  return {
    part: 'route',
    outcome: 'fail',
    what: 'answered 401: auth-type: a user and a password are wanted',
    object: describeSource({
      ...source,
      field: 'metadata.annotations[nginx.ingress.kubernetes.io/auth-type]',
    }),
  };
}

function requestOf({ scheme, host, port, path }: ExplainTarget): RouteRequest {
  const isUsual = port === USUAL_PORT.http || port === USUAL_PORT.https;
  return {
    method: 'GET',
    scheme: scheme === 'https' ? 'https' : 'http',
    host: isUsual ? host : `${host}:${port}`,
    target: path,
    fields: ['Host', host],
    clientAddress: '127.0.0.1',
    port: scheme === 'https' ? USUAL_PORT.https : USUAL_PORT.http,
  };
}

const USUAL_PORT = { http: 80, https: 443 } as const;

function enter({ host }: ExplainTarget, { address, port }: Listening): Step {
  const door = `the ingress at ${address}:${port}`;
  const what =
    host === address
      ? `a client outside of the cluster asks ${door}`
      : `${host} is a host of an Ingress: a client outside of the cluster asks ${door}`;
  return { part: 'from', outcome: 'pass', what: `no Pod is named: ${what}` };
}

function serviceStep(
  { namespace, service, port }: RouteBackend,
  ready: readonly ServiceEndpoint[],
): Step {
  const places = ready.map((endpoint) => `${endpoint.address}:${endpoint.port}`);
  return {
    part: 'service',
    outcome: 'pass',
    what: `${namespace}/${service}:${port} → ${places.join(', ')}`,
    because: 'the ingress chooses among ready endpoints',
  };
}

interface Asked {
  readonly about: Pick<ExplainResult, 'from' | 'to'>;
  readonly door: Listening;
  readonly ready: readonly ServiceEndpoint[];
  readonly steps: readonly Step[];
  readonly cluster: Cluster;
  readonly routed: ForwardedRequest;
}

let count = 0;

async function ask(target: ExplainTarget, asked: Asked): Promise<ExplainResult> {
  const { about, door, ready, steps, cluster } = asked;
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  count += 1;
  const id = `explain-${count}`;
  let record: RequestRecord | undefined;
  using _watching = cluster.ingress?.watch((told) => {
    if (told.head?.fields.includes(id) === true) record = told;
  });
  try {
    const answer = await askDoor(door, { ...target, fields: { 'x-request-id': id } }, signal);
    if (record?.attempts.length === 0) return ownAnswer(asked, record.status);
    const pod = podNamed(answer, ready);
    const forwarded = forwardedStep(answer);
    const who = pod === undefined ? 'the ingress' : `pod ${pod} through the ingress`;
    return {
      ...about,
      steps: [...steps, answerStep(answer), ...(forwarded === undefined ? [] : [forwarded])],
      verdict: 'answered',
      summary: `answered by ${who}: ${answer.what}`,
    };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return {
      ...about,
      steps: [...steps, { part: 'ingress', outcome: 'fail', what }],
      verdict: 'unreachable',
      summary: `the ingress does not answer: ${what}`,
    };
  }
}
