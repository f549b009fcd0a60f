import type { ApiRequest, ApiResponse } from './request.ts';
import { textResponse } from './request.ts';

/** The version of the Kubernetes API that is served. */
export const VERSION: Readonly<Record<string, string>> = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3+podlane',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch}`,
};

const CHECKS = ['ping', 'log', 'store'] as const;

/** One check by its name, `/healthz/ping`; undefined for another path. */
export function checkOf(path: string): ApiResponse | undefined {
  const [, name = ''] = /^\/(?:livez|readyz|healthz)\/(.+)$/.exec(path) ?? [];
  return CHECKS.some((check) => check === name) ? textResponse(200, 'ok') : undefined;
}

/** `/livez`, `/readyz`, `/healthz`: a server that answers is well. */
export function healthOf({ query, path }: ApiRequest): ApiResponse {
  if (!query.has('verbose')) return textResponse(200, 'ok');
  const name = path.slice(1).replace(/\/$/, '');
  const lines = CHECKS.map((check) => `[+]${check} ok\n`).join('');
  return textResponse(200, `${lines}${name} check passed\n`);
}
