import type http from 'node:http';

/**
 * `node:http`, loaded when first asked for.
 *
 * Importing it reads every name that it exports, and reading one of them loads the runtime's undici: more than the
 * start of all of the runtime takes. What is fetched as a whole reads nothing.
 */
export function nodeHttp(): typeof http {
  return process.getBuiltinModule('node:http');
}
