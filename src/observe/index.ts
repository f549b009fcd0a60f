/** Reasons and messages: what decisions and edges say about what they did. */
export { createLogger, SILENT, type Logger, type LogFields, type LogLevel } from './log.ts';
export type { Step } from './step.ts';
