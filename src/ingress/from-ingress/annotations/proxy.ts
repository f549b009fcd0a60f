import type { Replacement, RetryPolicy, RoutePolicy, Timeouts } from '../../route-policy.ts';
import { readRetryConditions, readSize } from '../controller-options.ts';
import { isCapturePath, isInteger, isPlainOrSpaced, isSize, isUrl, oneOf } from './accepts.ts';
import type { Annotation, AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

const timeouts: readonly Annotation[] = [
  {
    name: 'proxy-connect-timeout',
    risk: 'Low',
    accepts: isInteger,
    effect: 'seconds to connect, else 504',
  },
  {
    name: 'proxy-send-timeout',
    risk: 'Low',
    accepts: isInteger,
    effect: 'seconds between two writes to the backend, else 504',
  },
  {
    name: 'proxy-read-timeout',
    risk: 'Low',
    accepts: isInteger,
    effect: 'seconds between two reads from the backend, else 504',
  },
  {
    name: 'proxy-next-upstream',
    risk: 'Medium',
    accepts: isConditions,
    effect: 'when the next endpoint is tried',
  },
  {
    name: 'proxy-next-upstream-timeout',
    risk: 'Low',
    accepts: isInteger,
    effect: 'seconds for all tries; 0 for no limit',
  },
  {
    name: 'proxy-next-upstream-tries',
    risk: 'Low',
    accepts: isInteger,
    effect: 'how many endpoints are tried; 0 for no limit',
  },
];

const sizes: readonly Annotation[] = [
  {
    name: 'proxy-body-size',
    risk: 'Medium',
    accepts: isSize,
    effect: 'a longer request body is answered 413; 0 for no limit',
  },
  {
    name: 'proxy-buffer-size',
    risk: 'Low',
    accepts: isSize,
    effect: "a longer head of the backend's response is answered 502",
  },
  {
    name: 'proxy-buffering',
    risk: 'Low',
    accepts: oneOf('on', 'off'),
    effect: 'responses stream, whatever it says',
  },
  {
    name: 'proxy-request-buffering',
    risk: 'Low',
    accepts: oneOf('on', 'off'),
    effect: 'request bodies stream, whatever it says',
  },
  ...['proxy-buffers-number', 'proxy-busy-buffers-size', 'proxy-max-temp-file-size'].map(unused),
  unused('client-body-buffer-size'),
  {
    name: 'proxy-http-version',
    risk: 'Low',
    accepts: oneOf('1.0', '1.1'),
    support: 'ignored',
    effect: 'backends are always spoken to in HTTP/1.1',
  },
];

const rewriting: readonly Annotation[] = [
  {
    name: 'proxy-cookie-domain',
    risk: 'Medium',
    accepts: isPlainOrSpaced,
    effect: 'rewrites Domain of Set-Cookie',
  },
  {
    name: 'proxy-cookie-path',
    risk: 'Medium',
    accepts: isPlainOrSpaced,
    effect: 'rewrites Path of Set-Cookie',
  },
  {
    name: 'proxy-redirect-from',
    risk: 'Medium',
    accepts: isUrl,
    effect: 'what of Location and Refresh is rewritten',
  },
  {
    name: 'proxy-redirect-to',
    risk: 'Medium',
    accepts: isCapturePath,
    effect: 'what stands in its place',
  },
];

/** How a request is passed on: time-outs, retries, sizes, and what of the response is rewritten. */
export const proxy: AnnotationGroup = {
  name: 'Proxy',
  annotations: [...timeouts, ...sizes, ...rewriting],
  read: (reader) => ({
    policy: {
      timeouts: readTimeouts(reader),
      retry: readRetry(reader),
      ...readSizes(reader),
      ...readRewriting(reader),
    },
  }),
};

function unused(name: string): Annotation {
  return {
    name,
    risk: 'Low',
    accepts: name === 'proxy-buffers-number' ? isInteger : isSize,
    support: 'ignored',
    effect: 'bodies stream; there are no such buffers',
  };
}

function isConditions(value: string): boolean {
  return value
    .split(/[\s,]+/)
    .every((part) => part === 'off' || readRetryConditions(part).conditions.length > 0);
}

function readTimeouts(reader: AnnotationReader): Timeouts {
  const { connectMs, sendMs, readMs } = reader.controller.timeouts;
  const ms = (name: string, otherwise: number): number => {
    const seconds = reader.number(name);
    return seconds === undefined || seconds <= 0 ? otherwise : seconds * 1000;
  };
  return {
    connectMs: ms('proxy-connect-timeout', connectMs),
    sendMs: ms('proxy-send-timeout', sendMs),
    readMs: ms('proxy-read-timeout', readMs),
  };
}

function readRetry(reader: AnnotationReader): RetryPolicy {
  const { controller } = reader;
  const text = reader.text('proxy-next-upstream');
  const own = text === undefined ? undefined : readRetryConditions(text);
  return {
    conditions: own?.conditions ?? controller.retryConditions,
    tries: reader.number('proxy-next-upstream-tries') ?? controller.retryTries,
    timeoutMs:
      (reader.number('proxy-next-upstream-timeout') ?? controller.retryTimeoutMs / 1000) * 1000,
    isNonIdempotentRetried:
      controller.isNonIdempotentRetried || (own?.isNonIdempotentRetried ?? false),
  };
}

function readSizes(reader: AnnotationReader): RoutePolicy {
  const { controller } = reader;
  const head = readSize(reader.text('proxy-buffer-size'));
  return {
    bodyLimitBytes: readSize(reader.text('proxy-body-size')) ?? controller.bodyLimitBytes,
    ...(head === undefined ? {} : { responseHeadLimitBytes: head }),
  };
}

function readRewriting(reader: AnnotationReader): IngressSettings['policy'] & object {
  const cookieDomain = pair(reader.text('proxy-cookie-domain'));
  const cookiePath = pair(reader.text('proxy-cookie-path'));
  const from = reader.text('proxy-redirect-from');
  const to = reader.text('proxy-redirect-to');
  const hasRedirect =
    from !== undefined && to !== undefined && from !== 'off' && from !== 'default';
  return {
    ...(cookieDomain === undefined ? {} : { cookieDomain }),
    ...(cookiePath === undefined ? {} : { cookiePath }),
    ...(hasRedirect ? { proxyRedirect: { from, to } } : {}),
  };
}

/** `from to`; `off` for none. */
function pair(text: string | undefined): Replacement | undefined {
  const [from, to] = (text ?? '').trim().split(/\s+/);
  return from === undefined || to === undefined ? undefined : { from, to };
}
