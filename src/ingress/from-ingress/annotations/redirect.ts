import { isBoolean, isInteger, isUrl } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** Redirects of every request. */
export const redirect: AnnotationGroup = {
  name: 'Redirect',
  annotations: [
    {
      name: 'permanent-redirect',
      risk: 'Medium',
      accepts: isUrl,
      effect: 'redirects with 301, before anything else is looked at',
    },
    {
      name: 'permanent-redirect-code',
      risk: 'Low',
      accepts: isInteger,
      effect: 'its status, 300 to 308',
    },
    {
      name: 'temporal-redirect',
      risk: 'Medium',
      accepts: isUrl,
      effect: 'redirects with 302; wins over permanent-redirect',
    },
    {
      name: 'temporal-redirect-code',
      risk: 'Low',
      accepts: isInteger,
      effect: 'its status, 300 to 307',
    },
    {
      name: 'relative-redirects',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'leaves a path in Location as it is',
    },
    {
      name: 'use-port-in-redirects',
      risk: 'Low',
      accepts: isBoolean,
      support: 'ignored',
      effect: 'redirects never name a port here',
    },
    {
      name: 'from-to-www-redirect',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'redirects between www.host and host',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const isRelative = reader.flag('relative-redirects') ?? false;
  const found = readTemporal(reader) ?? readPermanent(reader);
  return {
    isFromToWww: reader.flag('from-to-www-redirect') ?? false,
    ...(found === undefined ? {} : { policy: { redirect: { ...found, isRelative } } }),
  };
}

interface Found {
  readonly annotation: string;
  readonly status: number;
  readonly location: string;
}

function readTemporal(reader: AnnotationReader): Found | undefined {
  const annotation = 'temporal-redirect';
  const location = reader.text(annotation);
  if (location === undefined) return undefined;
  return {
    annotation,
    location,
    status: statusOf(reader, 'temporal-redirect-code', { last: 307, otherwise: 302 }),
  };
}

function readPermanent(reader: AnnotationReader): Found | undefined {
  const annotation = 'permanent-redirect';
  const location = reader.text(annotation);
  if (location === undefined) return undefined;
  return {
    annotation,
    location,
    status: statusOf(reader, 'permanent-redirect-code', { last: 308, otherwise: 301 }),
  };
}

function statusOf(
  reader: AnnotationReader,
  name: string,
  { last, otherwise }: { readonly last: number; readonly otherwise: number },
): number {
  const given = reader.number(name);
  if (given === undefined || (given >= 300 && given <= last)) return given ?? otherwise;
  reader.notes.push({
    key: reader.keyOf(name),
    kind: 'invalid',
    message: `${given} is not in 300–${last}; ${otherwise} is used`,
  });
  return otherwise;
}
