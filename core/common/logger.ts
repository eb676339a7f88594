/** Log lines: text for people, JSON for machines. Where a line goes is the caller's choice. */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

export type LogFormat = 'text' | 'json'

/** A logger that hands each finished line to `write`; `now` gives milliseconds since the epoch. */
export function createLogger(write: (line: string) => void, options: { now: () => number; format?: LogFormat; debug?: boolean }): Logger {
  const emit = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    const time = new Date(options.now()).toISOString()
    if (options.format === 'json') write(JSON.stringify({ time, level, message, ...plain(fields) }))
    else write(`${time} ${level.padEnd(5)} ${message}${printed(fields)}`)
  }
  return {
    debug: (message, fields) => options.debug && emit('debug', message, fields),
    info: (message, fields) => emit('info', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    error: (message, fields) => emit('error', message, fields),
  }
}

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

function plain(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, readable(value)]))
}

function printed(fields: LogFields): string {
  return Object.entries(fields).map(([name, value]) => ` ${name}=${JSON.stringify(readable(value))}`).join('')
}

function readable(value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? value.message
  return typeof value === 'bigint' ? value.toString() : value
}
