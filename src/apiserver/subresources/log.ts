import { ApiError, invalidObject } from '../../api/index.ts';
import type { ApiContext, Target } from '../context.ts';
import { methodNotAllowed } from '../refusals.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { isSet, numberParameter } from '../resources/parameters.ts';
import type { LogOptions } from '../streams/pod-access.ts';
import { checkOnNode, containerOf, podOf } from './pod-target.ts';
import { podsOf } from './pods.ts';

/** `GET pods/NAME/log`. @see PodLogOptions */
export function serveLog(request: ApiRequest, target: Target, context: ApiContext): ApiResponse {
  if (request.method !== 'GET') throw methodNotAllowed();
  const pod = podOf(target, context);
  const container = containerOf(pod, request.query.get('container'));
  const options = logOptionsOf(request.query, context.clock.now());
  checkOnNode(pod, context);
  const pods = podsOf(context);
  const pieces = logOf(() => pods.logs(container, options, request.signal));
  return {
    status: 200,
    kind: 'stream',
    contentType: 'text/plain',
    run: async (sink) => {
      for await (const text of pieces) await sink.write(text);
    },
  };
}

/** A log. @throws ApiError BadRequest that says why there is none. */
export function logOf(open: () => AsyncIterable<string>): AsyncIterable<string> {
  try {
    return open();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('BadRequest', error instanceof Error ? error.message : String(error));
  }
}

/** What of a log a query asks for. @throws ApiError BadRequest, Invalid. */
export function logOptionsOf(query: URLSearchParams, now: number): LogOptions {
  const number = (name: string, min: number): number | undefined => {
    if ((query.get(name) ?? '') === '') return undefined;
    const value = numberParameter(query, name);
    if (value < min) throw tooSmall(name, value, min);
    return value;
  };
  const sinceSeconds = number('sinceSeconds', 1);
  const sinceTime = query.get('sinceTime') ?? '';
  if (sinceSeconds !== undefined && sinceTime !== '')
    throw invalid(
      'sinceSeconds',
      'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
      'Forbidden',
    );
  const since = sinceTime === '' ? undefined : Date.parse(sinceTime);
  if (since !== undefined && Number.isNaN(since))
    throw new ApiError(
      'BadRequest',
      `parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse`,
    );
  return {
    follow: isSet(query, 'follow'),
    previous: isSet(query, 'previous'),
    timestamps: isSet(query, 'timestamps'),
    tailLines: number('tailLines', 0),
    limitBytes: number('limitBytes', 1),
    since: sinceSeconds === undefined ? since : now - sinceSeconds * 1000,
    stream: streamOf(query.get('stream') ?? ''),
  };
}

function streamOf(text: string): LogOptions['stream'] {
  if (text === '' || text === 'All') return 'All';
  if (text === 'Stdout' || text === 'Stderr') return text;
  throw invalid(
    'stream',
    `Unsupported value: ${JSON.stringify(text)}: supported values: "All", "Stderr", "Stdout"`,
    'NotSupported',
  );
}

function tooSmall(field: string, value: number, min: number): ApiError {
  const why = min === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
  return invalid(field, `Invalid value: ${value}: ${why}`, 'Invalid');
}

function invalid(
  field: string,
  message: string,
  type: 'Invalid' | 'Forbidden' | 'NotSupported',
): ApiError {
  return invalidObject({ group: '', kind: 'PodLogOptions' }, '', [{ type, field, message }]);
}
