import type util from 'node:util';

/** `node:util`: importing it reads every name that it exports, and loads what is behind each. */
export function nodeUtil(): typeof util {
  return process.getBuiltinModule('node:util');
}
