/** HTTP/1.1 framing: heads and bodies, as bytes come. Nothing else in podlane's ingress reads HTTP/1.1 bytes. */
export { createBodyReader, type BodyReader } from './body-reader.ts';
export { connectionOptions, HOP_BY_HOP } from './connection-fields.ts';
export type { Framing, HttpVersion } from './framing.ts';
export {
  fieldValue,
  fieldValues,
  listMembers,
  parseFields,
  type HeaderFields,
  type MessageError,
} from './header-fields.ts';
export {
  ORIGINAL_FIELDS,
  parseRequestHead,
  TOLD_FIELDS,
  type RequestHead,
} from './request-head.ts';
export { closeCuts, parseResponseHead, type ResponseHead } from './response-head.ts';
