import { isInteger, isSourceList } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';
import type { ResponseRate } from '../../route-policy.ts';
import { readCidrs } from './source-ranges.ts';

/** Limits per client address. */
export const rateLimit: AnnotationGroup = {
  name: 'RateLimit',
  annotations: [
    { name: 'limit-rps', risk: 'Low', accepts: isInteger, effect: 'requests a second' },
    { name: 'limit-rpm', risk: 'Low', accepts: isInteger, effect: 'requests a minute' },
    { name: 'limit-connections', risk: 'Low', accepts: isInteger, effect: 'requests at once' },
    {
      name: 'limit-burst-multiplier',
      risk: 'Low',
      accepts: isInteger,
      effect: 'how many times the limit may come at once',
    },
    {
      name: 'limit-allowlist',
      aliases: ['limit-whitelist'],
      risk: 'Low',
      accepts: isSourceList,
      effect: 'clients without a limit',
    },
    {
      name: 'limit-rate',
      risk: 'Low',
      accepts: isInteger,
      effect: 'kilobytes of a response a second',
    },
    {
      name: 'limit-rate-after',
      risk: 'Low',
      accepts: isInteger,
      effect: 'kilobytes that come before limit-rate counts',
    },
  ],
  read,
};

const DEFAULT_BURST = 5;

function read(reader: AnnotationReader): IngressSettings {
  const { controller } = reader;
  const requestsPerSecond = positive(reader, 'limit-rps');
  const requestsPerMinute = positive(reader, 'limit-rpm');
  const connections = positive(reader, 'limit-connections');
  const isLimited =
    requestsPerSecond !== undefined || requestsPerMinute !== undefined || connections !== undefined;
  const limits = {
    zone: `${reader.namespace}_${reader.name}`,
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(connections === undefined ? {} : { connections }),
    burstMultiplier: positive(reader, 'limit-burst-multiplier') ?? DEFAULT_BURST,
    allowSources: readCidrs(reader.text('limit-allowlist') ?? '') ?? [],
    requestsStatus: controller.limitRequestsStatus,
    connectionsStatus: controller.limitConnectionsStatus,
  };
  const responseRate = readResponseRate(reader);
  return {
    policy: {
      ...(isLimited ? { rateLimit: limits } : {}),
      ...(responseRate === undefined ? {} : { responseRate }),
    },
  };
}

/** @see nginx, limit_rate and limit_rate_after */
function readResponseRate(reader: AnnotationReader): ResponseRate | undefined {
  const rate = positive(reader, 'limit-rate');
  if (rate === undefined) return undefined;
  const free = positive(reader, 'limit-rate-after') ?? 0;
  return { bytesPerSecond: rate * KILOBYTE, freeBytes: free * KILOBYTE };
}

const KILOBYTE = 1024;

function positive(reader: AnnotationReader, name: string): number | undefined {
  const value = reader.number(name);
  return value === undefined || value <= 0 ? undefined : value;
}
