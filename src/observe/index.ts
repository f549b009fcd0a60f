/** Reasons, messages and time: what decisions and edges say about what they did, and when. */
export { createFakeClock, type Clock, type FakeClock } from './clock.ts';
export { createLogger, SILENT, type Logger, type LogFields, type LogLevel } from './log.ts';
export type { Step } from './step.ts';
export { SYSTEM_CLOCK } from './system-clock.ts';
