import type { CanaryRules } from '../../canary.ts';
import { isBoolean, isInteger, isPlain, isRegexText } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** A second backend for some of the requests. */
export const canary: AnnotationGroup = {
  name: 'Canary',
  annotations: [
    {
      name: 'canary',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'makes this Ingress the alternative of another one with the same paths',
    },
    {
      name: 'canary-by-header',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'a header that says always or never',
    },
    {
      name: 'canary-by-header-value',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'the one value of that header that selects the canary',
    },
    {
      name: 'canary-by-header-pattern',
      risk: 'Medium',
      accepts: isRegexText,
      effect: 'a regular expression for that header',
    },
    {
      name: 'canary-by-cookie',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'a cookie that says always or never',
    },
    { name: 'canary-weight', risk: 'Low', accepts: isInteger, effect: 'the share of the rest' },
    {
      name: 'canary-weight-total',
      risk: 'Low',
      accepts: isInteger,
      effect: 'what the share is out of, above 100',
    },
  ],
  read,
};

const WEIGHT_TOTAL = 100;

function read(reader: AnnotationReader): IngressSettings {
  if (reader.flag('canary') !== true) return {};
  const header = reader.text('canary-by-header');
  const headerValue = reader.text('canary-by-header-value');
  const headerPattern = reader.raw('canary-by-header-pattern');
  const cookie = reader.text('canary-by-cookie');
  const total = reader.number('canary-weight-total') ?? WEIGHT_TOTAL;
  const rules: CanaryRules = {
    ...(header === undefined ? {} : { header }),
    ...(headerValue === undefined ? {} : { headerValue }),
    ...(headerPattern === undefined || headerPattern === '' ? {} : { headerPattern }),
    ...(cookie === undefined ? {} : { cookie }),
    weight: reader.number('canary-weight') ?? 0,
    weightTotal: total > WEIGHT_TOTAL ? total : WEIGHT_TOTAL,
  };
  return { canary: rules };
}
