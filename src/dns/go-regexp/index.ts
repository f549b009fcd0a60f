/** Regular expressions as Go writes them (RE2), on this runtime's own engine. */
export { compileGoRegExp, fillGroups, GoRegExpError, type GoRegExp } from './go-regexp.ts';
