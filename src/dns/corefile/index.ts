/** The Corefile: its grammar, and the contract by which its lines become plugins. */
export { CorefileError } from './corefile-error.ts';
export type { Directive, ServerBlock, ServerKey, Transport } from './directive.ts';
export type {
  DnsEnvironment,
  Files,
  Observation,
  PluginDefinition,
  PluginEntry,
  PluginInstance,
  SetupContext,
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
