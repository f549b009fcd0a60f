import { readStatuses } from '../controller-options.ts';
import { isBoolean, isServiceName } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** What is answered where the backend fails. */
export const errors: AnnotationGroup = {
  name: 'CustomHTTPErrors',
  annotations: [
    {
      name: 'custom-http-errors',
      risk: 'Low',
      accepts: (value) => readStatuses(value) !== undefined,
      effect: 'answers with these statuses are replaced by what the default backend says',
    },
    {
      name: 'default-backend',
      risk: 'Low',
      accepts: isServiceName,
      effect:
        'the Service that serves where the backend has no endpoint, and for custom-http-errors',
    },
    {
      name: 'disable-proxy-intercept-errors',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'passes the errors of the backend on as they are',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const defaultService = reader.text('default-backend');
  const text = reader.text('custom-http-errors');
  const statuses =
    reader.flag('disable-proxy-intercept-errors') === true
      ? []
      : text === undefined
        ? reader.controller.errorStatuses
        : (readStatuses(text) ?? []);
  return {
    ...(defaultService === undefined ? {} : { defaultService }),
    errorStatuses: statuses,
  };
}
