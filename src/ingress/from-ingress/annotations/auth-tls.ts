import type { ClientTls } from '../../route-policy.ts';
import {
  isBoolean,
  isInteger,
  isPlain,
  isRegexText,
  isUrlWithVariables,
  oneOf,
} from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

const VERIFY = ['on', 'off', 'optional', 'optional_no_ca'] as const;

/** Certificates of clients. */
export const authTls: AnnotationGroup = {
  name: 'CertificateAuth',
  annotations: [
    {
      name: 'auth-tls-secret',
      risk: 'Medium',
      accepts: (value) => /^[^/\s]+\/[^/\s]+$/.test(value) && isPlain(value),
      effect: 'the Secret with the CA of client certificates, for the whole host',
    },
    {
      name: 'auth-tls-verify-client',
      risk: 'Medium',
      accepts: oneOf(...VERIFY),
      effect: 'on: 400 without a certificate; optional: it may be missing',
    },
    {
      name: 'auth-tls-verify-depth',
      risk: 'Low',
      accepts: isInteger,
      support: 'ignored',
      effect: 'chains are followed to their end',
    },
    {
      name: 'auth-tls-error-page',
      risk: 'High',
      accepts: isUrlWithVariables,
      effect: 'redirects there in place of 400',
    },
    {
      name: 'auth-tls-pass-certificate-to-upstream',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'ssl-client-cert to the backend',
    },
    {
      name: 'auth-tls-match-cn',
      risk: 'High',
      accepts: (value) =>
        value.startsWith('CN=') && isRegexText(value.slice(3).replaceAll(/[@ ,]/g, '')),
      effect: "403 where the subject's CN does not match",
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const reference = reader.text('auth-tls-secret');
  if (reference === undefined) return {};
  const named = reader.text('auth-tls-verify-client')?.trim();
  const errorPage = reader.text('auth-tls-error-page');
  const matchCommonName = patternOf(reader);
  const ca = readCa(reader, reference);
  const clientTls: ClientTls = {
    verify: VERIFY.find((verify) => verify === named) ?? 'on',
    ...(ca === undefined ? {} : { ca }),
    ...(errorPage === undefined ? {} : { errorPage }),
    isCertificatePassed: reader.flag('auth-tls-pass-certificate-to-upstream') ?? false,
    ...(matchCommonName === undefined ? {} : { matchCommonName }),
  };
  return { policy: { clientTls } };
}

/** Without its CA the host answers 403, not 503: so this does not deny. */
function readCa(reader: AnnotationReader, reference: string): string | undefined {
  const before = reader.denied;
  const secret = reader.secret('auth-tls-secret', reference);
  if (secret === undefined) reader.denied = before;
  return secret?.['ca.crt'];
}

function patternOf(reader: AnnotationReader): RegExp | undefined {
  const text = reader.text('auth-tls-match-cn');
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch {
    // What PCRE would read and this cannot, or neither: the annotation counts as absent.
    reader.notes.push({
      key: reader.keyOf('auth-tls-match-cn'),
      kind: 'invalid',
      message: `"${text}" is no regular expression`,
    });
    return undefined;
  }
}
