/** DNS messages as bytes: the only place that knows their format. */
export {
  CLASS,
  className,
  classOf,
  EDNS_OPTION,
  OPCODE,
  opcodeName,
  RCODE,
  rcodeName,
  TYPE,
  typeName,
  typeOf,
} from './constants.ts';
export { asBuffer, decodeMessage, HEADER_SIZE, readHeader, type Header } from './decode.ts';
export { encodeMessage, flagBits, MAX_MESSAGE } from './encode.ts';
export { formatTyped } from './format-typed.ts';
export type {
  Edns,
  EdnsOption,
  Flags,
  Message,
  Question,
  Rdata,
  ResourceRecord,
  Soa,
} from './message.ts';
export { parseName } from './parse-name.ts';
export { parseRdata } from './parse-rdata.ts';
export { formatRdata, formatRecord } from './presentation.ts';
export { parseTtl, unescape, type Word } from './rdata-words.ts';
export { WireError } from './wire-error.ts';
