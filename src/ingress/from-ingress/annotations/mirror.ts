import { isPlain, isUrlWithVariables, oneOf } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** A copy of every request. */
export const mirror: AnnotationGroup = {
  name: 'Mirror',
  annotations: [
    {
      name: 'mirror-target',
      risk: 'High',
      accepts: isUrlWithVariables,
      effect: 'where the copy goes; its answer is thrown away',
    },
    {
      name: 'mirror-request-body',
      risk: 'Low',
      accepts: oneOf('on', 'off'),
      effect: 'off: without the body',
    },
    {
      name: 'mirror-host',
      risk: 'High',
      accepts: (value) => isPlain(value) || isUrlWithVariables(value),
      effect: 'Host of the copy',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const target = reader.text('mirror-target');
  if (target === undefined) return {};
  const host = reader.text('mirror-host');
  const isBodySent = reader.text('mirror-request-body')?.trim().toLowerCase() !== 'off';
  return { policy: { mirror: { target, ...(host === undefined ? {} : { host }), isBodySent } } };
}
