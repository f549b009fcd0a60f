/** The Corefile: its grammar, and the contract by which its lines become plugins. */
export { CorefileError } from './corefile-error.ts';
export type { Directive, ServerBlock, ServerKey, Transport } from './directive.ts';
export type { ImportFiles } from './expand-import.ts';
export { parseCorefile, type ParseOptions } from './parse-corefile.ts';
export type { Environment } from './substitute.ts';
export type {
  ClientAuth,
  DnsEnvironment,
  Files,
  HttpEndpoint,
  HttpEndpoints,
  HttpReply,
  ListenSettings,
  PluginDefinition,
  PluginEntry,
  OpenEndpoint,
  PluginInstance,
  SetupContext,
  TlsSettings,
  View,
} from './plugin-definition.ts';
export {
  argOf,
  argsOf,
  onlyOnce,
  parseDuration,
  readDuration,
  readInteger,
  readOptions,
  refuseBlock,
  unknownProperty,
  type OptionReaders,
} from './read-directive.ts';
