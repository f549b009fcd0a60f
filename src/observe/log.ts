export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogFields = Readonly<Record<string, unknown>>;

/** Constant messages with facts as fields; only edges log. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/**
 * A logger that hands each line at or above `level` to `write`, as `level message key=value …`.
 */
export function createLogger(level: LogLevel, write: (line: string) => void): Logger {
  const at =
    (lineLevel: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      if (LEVELS.indexOf(lineLevel) >= LEVELS.indexOf(level))
        write(formatLine(lineLevel, message, fields));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A logger that says nothing, for tests and embedders. */
export const SILENT: Logger = createLogger('error', () => undefined);

function formatLine(level: LogLevel, message: string, fields: LogFields): string {
  const facts = Object.entries(fields).map(([key, value]) => `${key}=${formatValue(value)}`);
  return [level, message, ...facts].join(' ');
}

function formatValue(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(value.message);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === undefined || /[\s"=]/.test(text) ? JSON.stringify(text ?? null) : text;
}
