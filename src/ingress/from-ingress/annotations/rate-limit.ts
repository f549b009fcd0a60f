import { isInteger, isSourceList } from './accepts.ts';
import type { Annotation, AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';
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
    ...['limit-rate', 'limit-rate-after'].map((name): Annotation => ({
      name,
      risk: 'Low',
      accepts: isInteger,
      support: 'ignored',
      effect: 'responses go as fast as the client takes them',
    })),
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
  return isLimited ? { policy: { rateLimit: limits } } : {};
}

function positive(reader: AnnotationReader, name: string): number | undefined {
  const value = reader.number(name);
  return value === undefined || value <= 0 ? undefined : value;
}
