import { readCidrs } from './source-ranges.ts';

/** A boolean as Go reads it. */
export function isBoolean(value: string): boolean {
  return readBoolean(value) !== undefined;
}

/** A boolean as Go's strconv.ParseBool reads it; undefined for anything else. */
export function readBoolean(value: string): boolean | undefined {
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(value) ? false : undefined;
}

/** An integer as Go's strconv.Atoi reads it. */
export function isInteger(value: string): boolean {
  return /^[+-]?\d{1,18}$/.test(value);
}

/** Anything: snippets, whose content nobody can check. */
export function isAnything(): boolean {
  return true;
}

/** Addresses and prefixes, separated by commas. */
export function isSourceList(value: string): boolean {
  return readCidrs(value) !== undefined;
}

/** A size as nginx reads it: `8m`, `1024`. */
export function isSize(value: string): boolean {
  return /^\d+[bkmg]?$/i.test(value);
}

/** Letters, digits, `-`, `.`, `_`, `~`, `/` and `:`: names, paths, `namespace/name`. */
export function isPlain(value: string): boolean {
  return /^[/\-._~a-zA-Z0-9:]*$/.test(value);
}

/** As `isPlain`, and spaces. */
export function isPlainOrSpaced(value: string): boolean {
  return /^[/\-._~a-zA-Z0-9: ]*$/.test(value);
}

/** As `isPlain`, with commas and spaces. */
export function isPlainList(value: string): boolean {
  return /^[/\-._~a-zA-Z0-9:, ]*$/.test(value);
}

/** As `isPlain`, and what regular expressions need. */
export function isRegexText(value: string): boolean {
  return /^[/\-._~a-zA-Z0-9:^$[\](){}*+?|&=\\]*$/.test(value);
}

/** A URL without nginx variables. */
export function isUrl(value: string): boolean {
  return /^[-._~a-zA-Z0-9/:,?&=]*$/.test(value);
}

/** A URL in which nginx variables may stand. */
export function isUrlWithVariables(value: string): boolean {
  return /^[-._~a-zA-Z0-9/:,?&=$ ]*$/.test(value);
}

/** nginx variables and plain text. */
export function isVariables(value: string): boolean {
  return /^[A-Za-z0-9\-_${}]*$/.test(value);
}

/** A path in which captures may stand. */
export function isCapturePath(value: string): boolean {
  return /^\/?[-._~a-zA-Z0-9/:$]*$/.test(value);
}

/** Names of header fields, separated by commas. */
export function isHeaderList(value: string): boolean {
  return /^[A-Za-z0-9\-_, ]*$/.test(value);
}

/** One of `options`; case does not count. */
export function oneOf(...options: readonly string[]): (value: string) => boolean {
  return (value) => options.includes(value.trim().toLowerCase());
}

/** A label of DNS (RFC 1035), as names of Services are. */
export function isServiceName(value: string): boolean {
  return /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value);
}
