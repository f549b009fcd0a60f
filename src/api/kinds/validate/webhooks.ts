/** Where webhooks are. @see apiserver `util/webhook/validation.go` */
import { Buffer } from 'node:buffer';
import { checkDnsSubdomain } from '../../names.ts';
import type { ServiceReference } from '../../types.ts';
import { invalid, required, type Errors } from './field-errors.ts';
import { parseGoUrl } from './go-url.ts';
import { PORT_RANGE_PROBLEM, validatePortNumber } from './ports.ts';

const FORM = '; desired format: https://host[/path]';

/** The URL of a webhook. */
export function validateWebhookUrl(field: string, text: string): Errors {
  const url = parseGoUrl(text);
  if (url instanceof Error)
    return [required(field, `url must be a valid URL: ${url.message}${FORM}`)];
  const { scheme, host, user, query, fragment } = url;
  const refusals: readonly (readonly [boolean, string, string])[] = [
    [scheme !== 'https', scheme, `'https' is the only allowed URL scheme${FORM}`],
    [host === '', host, `host must be specified${FORM}`],
    [user !== undefined, user ?? '', 'user information is not permitted in the URL'],
    [fragment !== '', fragment, 'fragments are not permitted in the URL'],
    [query !== '', query, 'query parameters are not permitted in the URL'],
  ];
  return refusals
    .filter(([isRefused]) => isRefused)
    .map(([, value, why]) => invalid(field, value, why));
}

/** The Service of a webhook; upstream hands over name and namespace the wrong way round. */
export function validateWebhookService(field: string, service: ServiceReference): Errors {
  const { namespace: name = '', name: namespace = '', path, port = 0 } = service;
  return [
    ...(name === '' ? [required(`${field}.name`)] : []),
    ...(namespace === '' ? [required(`${field}.namespace`)] : []),
    ...(validatePortNumber('', port).length === 0
      ? []
      : [invalid(`${field}.port`, port, `port is not valid: ${PORT_RANGE_PROBLEM}`)]),
    ...(path === undefined ? [] : validatePath(`${field}.path`, path)),
  ];
}

function validatePath(field: string, path: string): Errors {
  if (path === '/' || path === '') return [];
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...(path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")]),
    ...steps.flatMap((step, index) =>
      step === ''
        ? [invalid(field, path, `segment[${index}] may not be empty`)]
        : checkDnsSubdomain(step).map((why) => invalid(field, path, `segment[${index}]: ${why}`)),
    ),
  ];
}

/** Why certificates are none; undefined where they are. @param bundle PEM in base64 */
export function bundleProblem(bundle: string): string | undefined {
  const text = Buffer.from(bundle, 'base64').toString('latin1');
  const found = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.test(text);
  return found ? undefined : 'unable to load root certificates: unable to parse bytes as PEM block';
}

/** Certificates that a webhook's server is known by. @param bundle PEM in base64 */
export function validateBundle(field: string, bundle: string): Errors {
  const problem = bundleProblem(bundle);
  return problem === undefined ? [] : [invalid(field, bundle, problem)];
}
