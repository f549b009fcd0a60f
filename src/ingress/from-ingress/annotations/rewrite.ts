import { isBoolean, isCapturePath, isPlain } from './accepts.ts';
import type { AnnotationGroup } from './annotation.ts';
import type { AnnotationReader } from './reader.ts';
import type { IngressSettings } from './settings.ts';

/** Paths: regular expressions, rewriting, and the redirects to TLS and to the application's root. */
export const rewrite: AnnotationGroup = {
  name: 'Rewrite',
  annotations: [
    {
      name: 'rewrite-target',
      risk: 'Medium',
      accepts: isCapturePath,
      effect: 'replaces the path; every path of the host becomes a regular expression',
    },
    {
      name: 'use-regex',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'every path of the host becomes a regular expression',
    },
    {
      name: 'app-root',
      risk: 'Medium',
      accepts: isCapturePath,
      effect: 'redirects / of the host',
    },
    {
      name: 'ssl-redirect',
      risk: 'Low',
      accepts: isBoolean,
      effect: 'redirects to https where the host has TLS',
    },
    {
      name: 'force-ssl-redirect',
      risk: 'Medium',
      accepts: isBoolean,
      effect: 'redirects to https',
    },
    {
      name: 'preserve-trailing-slash',
      risk: 'Medium',
      accepts: isBoolean,
      effect: 'keeps the last / in the redirect to https',
    },
    {
      name: 'x-forwarded-prefix',
      risk: 'Medium',
      accepts: isPlain,
      effect: 'X-Forwarded-Prefix to the backend, beside rewrite-target',
    },
  ],
  read,
};

function read(reader: AnnotationReader): IngressSettings {
  const rewriteTarget = reader.text('rewrite-target');
  const forwardedPrefix = reader.text('x-forwarded-prefix');
  const appRoot = readAppRoot(reader);
  return {
    ...(rewriteTarget === undefined ? {} : { rewriteTarget }),
    ...(forwardedPrefix === undefined ? {} : { forwardedPrefix }),
    isRegex: reader.flag('use-regex') ?? false,
    sslRedirect: readSslRedirect(reader),
    isTrailingSlashKept: reader.flag('preserve-trailing-slash') ?? false,
    ...(appRoot === undefined ? {} : { policy: { appRoot } }),
  };
}

function readSslRedirect(reader: AnnotationReader): 'https' | 'tls' | 'off' {
  const { isSslRedirected, isForceSslRedirected } = reader.controller;
  if (reader.flag('force-ssl-redirect') ?? isForceSslRedirected) return 'https';
  return (reader.flag('ssl-redirect') ?? isSslRedirected) ? 'tls' : 'off';
}

/** A path; a URL with a host is no root of this application. */
function readAppRoot(reader: AnnotationReader): string | undefined {
  const value = reader.text('app-root');
  if (value === undefined || value.startsWith('/')) return value;
  reader.notes.push({
    key: reader.keyOf('app-root'),
    kind: 'invalid',
    message: `"${value}" does not begin with /`,
  });
  return undefined;
}
