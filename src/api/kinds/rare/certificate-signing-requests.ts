/** Rules for CertificateSigningRequests. @see kubernetes `pkg/apis/certificates/validation` */
import { Buffer } from 'node:buffer';
import type { KubeObject } from '../../object.ts';
import type {
  CertificateSigningRequestSpec,
  CertificateSigningRequestStatus,
} from '../../types.ts';
import { checkDnsLabel, checkDnsSubdomain } from '../../names.ts';
import type { RareRules } from '../rare-rules.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLong,
  type Errors,
} from '../validate/field-errors.ts';
import { structs, when } from './check.ts';

/** In the order in which the API lists them. */
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const MIN_SECONDS = 600;
const MAX_DOMAIN = 253;
const MAX_SIGNER = 571;
const DECISIONS: readonly string[] = ['Approved', 'Denied', 'Failed'];
const STATUSES = ['False', 'True', 'Unknown'];
const REQUEST = /-----BEGIN ([A-Z0-9 ]+)-----/;

/** Rules; what is asked for never changes. */
export const SIGNING_REQUEST: RareRules = {
  prepareForUpdate: (object, old) => ({ ...object, spec: old['spec'], status: old['status'] }),
  validate: (object, old) => [
    ...(old === undefined ? validateSpec(object['spec'] ?? {}) : []),
    ...validateConditions(statusOf(object)),
    ...(old === undefined ? [] : validateChange(statusOf(object), statusOf(old))),
  ],
};

function statusOf(object: KubeObject): CertificateSigningRequestStatus {
  return object['status'] ?? {}; // as the API's schema has it
}

function validateSpec(spec: CertificateSigningRequestSpec): Errors {
  const { request, usages = [], signerName = '', expirationSeconds: seconds = MIN_SECONDS } = spec;
  return [
    ...when(!isRequest(request ?? ''), () =>
      invalid('spec.request', request ?? null, 'PEM block type must be CERTIFICATE REQUEST'),
    ),
    ...when(usages.length === 0, () => required('spec.usages')),
    ...usages.flatMap((usage, index) =>
      when(!USAGES.includes(usage), () => notSupported(`spec.usages[${index}]`, usage, USAGES)),
    ),
    ...usages.flatMap((usage, index) =>
      when(usages.indexOf(usage) < index, () => duplicate(`spec.usages[${index}]`, usage)),
    ),
    ...validateSigner('spec.signerName', signerName),
    ...when(seconds < MIN_SECONDS, () =>
      invalid(
        'spec.expirationSeconds',
        seconds,
        'may not specify a duration less than 600 seconds (10 minutes)',
      ),
    ),
  ];
}

/** @param request PEM in base64 */
function isRequest(request: string): boolean {
  const text = Buffer.from(request, 'base64').toString('latin1');
  const type = REQUEST.exec(text)?.[1];
  return type === 'CERTIFICATE REQUEST' && text.includes(`-----END ${type}-----`);
}

const LEGACY = 'kubernetes.io/legacy-unknown';

function validateSigner(field: string, name: string): Errors {
  if (name === LEGACY)
    return [invalid(field, name, 'the legacy signerName is not allowed via this API version')];
  if (name === '') return [required(field)];
  const parts = name.split('/');
  const [domain = '', path = ''] = parts;
  if (parts.length !== 2) {
    const why = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalid(field, name, why)];
  }
  return [
    ...when(domain.length > MAX_DOMAIN, () => tooLong(field, MAX_DOMAIN)),
    ...validateLabels(field, domain, checkDnsLabel),
    ...when(!domain.includes('.'), () =>
      invalid(field, domain, 'should be a domain with at least two segments separated by dots'),
    ),
    ...validateLabels(field, path, checkDnsSubdomain),
    ...when(name.length > MAX_SIGNER, () => tooLong(field, MAX_SIGNER)),
  ];
}

/** The first label that is none. */
function validateLabels(
  field: string,
  text: string,
  check: (label: string) => readonly string[],
): Errors {
  const wrong = text.split('.').find((label) => check(label).length > 0);
  if (wrong === undefined) return [];
  return check(wrong).map((why) =>
    invalid(field, text, `validating label ${JSON.stringify(wrong)}: ${why}`),
  );
}

function validateConditions({ conditions }: CertificateSigningRequestStatus): Errors {
  const list = structs(conditions);
  const types = list.map(({ type = '' }) => type);
  return list.flatMap(({ type = '', status = '' }, index) => {
    const path = `status.conditions[${index}]`;
    const allowed = DECISIONS.includes(type) ? ['True'] : STATUSES;
    const before = types.slice(0, index);
    const isBoth =
      (type === 'Approved' && before.includes('Denied')) ||
      (type === 'Denied' && before.includes('Approved'));
    return [
      ...when(type === '', () => required(`${path}.type`)),
      ...when(status === '', () => required(`${path}.status`)),
      ...when(status !== '' && !allowed.includes(status), () =>
        notSupported(`${path}.status`, status, allowed),
      ),
      ...when(isBoth, () =>
        invalid('status.conditions', type, 'Approved and Denied conditions are mutually exclusive'),
      ),
      ...when(before.includes(type), () => duplicate(`${path}.type`, type)),
    ];
  });
}

function validateChange(
  status: CertificateSigningRequestStatus,
  old: CertificateSigningRequestStatus,
): Errors {
  const count = ({ conditions }: CertificateSigningRequestStatus, type: string): number =>
    structs(conditions).filter((condition) => condition.type === type).length;
  const { certificate = '' } = old;
  return [
    ...DECISIONS.filter((type) => count(status, type) < count(old, type)).map((type) =>
      forbidden('status.conditions', `updates may not remove a condition of type "${type}"`),
    ),
    ...when(certificate !== '' && status.certificate !== certificate, () =>
      forbidden('status.certificate', 'updates may not modify existing certificate content'),
    ),
  ];
}
