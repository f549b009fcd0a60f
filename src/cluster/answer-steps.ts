import type { ServiceEndpoint } from '../proxy/index.ts';
import type { Step } from '../observe/index.ts';
import type { PodAnswer } from './ask-pod.ts';

const MAX_SHOWN = 300;

/** The answer with the beginning of its body on one line. */
export function answerStep({ what, body }: PodAnswer): Step {
  const line = body.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
  return { part: 'pod', outcome: 'pass', what: shown === '' ? what : `${what}: ${shown}` };
}

/** In JSON (`"x-forwarded-for": "…"`) as in plain lines (`X-Forwarded-For: …`). */
const FORWARDED =
  /(?<![\w-])(?<name>x-(?:forwarded|real|request|scheme|original)[a-z-]*)"?\s*[:=]\s*"?(?<value>[^"\n\r]+)/gi;

/** The headers of a proxy as a Pod that tells its request saw them; undefined when it does not. */
export function forwardedStep({ body }: PodAnswer): Step | undefined {
  const seen = [...body.matchAll(FORWARDED)].map(
    ({ groups: { name = '', value = '' } = {} }) => `${name}: ${value.trim()}`,
  );
  if (seen.length === 0) return undefined;
  return { part: 'pod', outcome: 'pass', what: `it sees ${[...new Set(seen)].join(', ')}` };
}

/** The one of `endpoints` whose Pod names itself in its answer. */
export function podNamed(
  { body }: PodAnswer,
  endpoints: readonly Pick<ServiceEndpoint, 'pod'>[],
): string | undefined {
  const pod = endpoints.find(
    ({ pod: candidate }) => candidate !== undefined && body.includes(candidate.name),
  )?.pod;
  return pod === undefined ? undefined : `${pod.namespace}/${pod.name}`;
}
