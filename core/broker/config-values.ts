/** Values of configs as Kafka's ConfigDef takes them: written as Java writes numbers, checked in its order and refused in its words. */

/** What is wrong with the value of a config, as a whole sentence; undefined when it is fine. */
export type ConfigCheck = (value: string, name: string) => string | undefined

export const LONG_MAX = '9223372036854775807'
/** What a Java int or long is parsed from, once trimmed. */
const WHOLE = /^[+-]?\d{1,40}$/
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fFdD]?$/

const invalid = (value: unknown, name: string, problem: string): string => `Invalid value ${String(value)} for configuration ${name}: ${problem}`

/** A number of so many bits within `min` and `max`, both allowed; `or`: one more value that is. */
export const whole = (bits: 32 | 64, o: { readonly min?: bigint; readonly max?: bigint } = {}): ConfigCheck => (value, name) => {
  const number = parseWhole(value, bits)
  if (number === undefined) return invalid(value, name, `Not a number of type ${bits === 32 ? 'INT' : 'LONG'}`)
  if (o.min !== undefined && number < o.min) return invalid(number, name, `Value must be at least ${o.min}`)
  return o.max !== undefined && number > o.max ? invalid(number, name, `Value must be no more than ${o.max}`) : undefined
}

function parseWhole(value: string, bits: 32 | 64): bigint | undefined {
  const text = value.trim()
  if (!WHOLE.test(text)) return undefined
  const number = BigInt(text.replace(/^\+/, ''))
  return BigInt.asIntN(bits, number) === number ? number : undefined
}

export const gzipLevel: ConfigCheck = (value, name) => {
  const number = parseWhole(value, 32)
  if (number === undefined) return invalid(value, name, 'Not a number of type INT')
  return number === -1n || (number >= 1n && number <= 9n) ? undefined : invalid(number, name, 'Value must be between 1 and 9 or equal to -1')
}

/** A number with a fraction, within `min` and `max`. */
export const decimal = (min: number, max = Infinity): ConfigCheck => (value, name) => {
  const text = value.trim()
  if (!DECIMAL.test(text)) return invalid(value, name, 'Not a number of type DOUBLE')
  const number = toNumber(text)
  const printed = Number.isInteger(number) ? `${number}.0` : number
  if (number < min) return invalid(printed, name, `Value must be at least ${min}`)
  return number > max ? invalid(printed, name, `Value must be no more than ${max}`) : undefined
}

export const ratio = decimal(0, 1)

export const truth: ConfigCheck = (value, name) => (isTruth(value) === undefined ? invalid(value, name, 'Expected value to be either true or false') : undefined)

export const oneOf = (...words: string[]): ConfigCheck => (value, name) =>
  (words.includes(value) ? undefined : invalid(value, name, `String must be one of: ${words.join(', ')}`))

/** Words of a fixed set, separated by commas; none at all is allowed, an empty one is not. */
export const listOf = (...words: string[]): ConfigCheck => (value, name) => {
  const items = toList(value)
  if (items.includes('')) return `Configuration '${name}' values must not be empty.`
  const unknown = items.find(item => !words.includes(item))
  return unknown === undefined ? undefined : invalid(unknown, name, `String must be one of: ${words.join(', ')}`)
}

/** Replicas to throttle: `*`, or `partition:broker` pairs. */
export const throttled: ConfigCheck = (value, name) => {
  const items = toList(value)
  if (items.length === 1 && items[0] === '*') return undefined
  // Kafka lets an empty item pass at the end.
  if (items.every((item, index) => /^\d+:\d+$/.test(item) || (item === '' && index === items.length - 1))) return undefined
  const form = '[partitionId]:[brokerId],[partitionId]:[brokerId],...'
  return invalid(`[${items.join(', ')}]`, name, `${name} must be the literal '*' or a list of replicas in the following format: ${form}`)
}

/** A checked number as ours; what Java means by its greatest long is no bound at all. */
export function toNumber(value: string): number {
  const number = Number(value.trim().replace(/[fFdD]$/, ''))
  return number >= Number(LONG_MAX) ? Infinity : number
}

export function toList(value: string): string[] {
  return value.trim() === '' ? [] : value.trim().split(',').map(item => item.trim())
}

export function isTruth(value: string): boolean | undefined {
  const word = value.trim().toLowerCase()
  return word === 'true' ? true : word === 'false' ? false : undefined
}
