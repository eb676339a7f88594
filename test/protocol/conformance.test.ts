/** Our schemas say, field by field and version by version, what Kafka's own message definitions say. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Fields, type FieldSpec, holds, type Message, parseVersions, type VersionText } from '../../core/protocol/schema.ts'
import { ZERO_UUID } from '../../core/protocol/wire.ts'
import { type Declared, declared, versionsOf } from './messages.ts'

const folder = fileURLToPath(new URL('../../../shared/reference/kafka-messages/', import.meta.url))
const isThere = existsSync(folder)
const isCi = Boolean(process.env['CI'])
if (!isThere && !isCi) console.log(`Kafka's message definitions are not at ${folder}: the schemas are not compared with them.`)

/** One of Kafka's definitions, as far as it is looked at. */
type KafkaField = {
  readonly name: string
  readonly type: string
  /** Some tagged fields give their tagged versions alone. */
  readonly versions?: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean
  readonly fields?: readonly KafkaField[]
}
type KafkaMessage = {
  readonly apiKey?: number
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly KafkaField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly KafkaField[] }[]
}

/** One line per field, in wire order: path, wire type, nullability, default, tag. */
type Rendered = readonly string[]

function line(
  path: string,
  type: string,
  facts: { readonly isNullable: boolean; readonly fallback: string; readonly tag: number | undefined },
): string {
  const tag = facts.tag === undefined ? '' : ` tag ${facts.tag}`
  return `${path}: ${type}${facts.isNullable ? ' or null' : ''}${facts.fallback === '' ? '' : ` default ${facts.fallback}`}${tag}`
}

function renderOurs(fields: Fields, version: number, path = ''): Rendered {
  return Object.entries(fields).flatMap(([name, { spec }]) => {
    if (!holds(spec.versions, version, true)) return []
    const element = spec.kind === 'array' ? (spec.element as FieldSpec) : spec
    const type = element.kind === 'offset' ? 'int64' : element.kind
    const here = line(path + name, spec.kind === 'array' ? `[]${type}` : type, {
      isNullable: holds(spec.nullable, version),
      fallback: defaultOfOurs(spec),
      tag: holds(spec.tagged, version) ? spec.tag : undefined,
    })
    return [here, ...renderOurs(element.fields ?? {}, version, `${path}${name}.`)]
  })
}

function defaultOfOurs({ kind, fallback }: FieldSpec): string {
  if (fallback === null) return 'null'
  if (kind === 'array' || kind === 'bytes') return (fallback as { length: number }).length === 0 ? 'empty' : 'not empty'
  if (kind === 'uuid') return fallback === ZERO_UUID ? 'zero' : String(fallback)
  return kind === 'struct' ? '' : JSON.stringify(String(fallback))
}

function renderKafka(message: KafkaMessage, fields: readonly KafkaField[], version: number, path = ''): Rendered {
  return fields.flatMap(field => {
    if (!inVersions(field.versions ?? field.taggedVersions, version)) return []
    const isArray = field.type.startsWith('[]')
    const elementType = isArray ? field.type.slice(2) : field.type
    const inner = field.fields ?? message.commonStructs?.find(common => common.name === elementType)?.fields
    const type = inner ? 'struct' : elementType
    const name = path + field.name.charAt(0).toLowerCase() + field.name.slice(1)
    const here = line(name, isArray ? `[]${type}` : type, {
      isNullable: inVersions(field.nullableVersions, version),
      fallback: defaultOfKafka(field, isArray ? 'array' : type),
      tag: inVersions(field.taggedVersions, version) ? field.tag : undefined,
    })
    return [here, ...(inner ? renderKafka(message, inner, version, `${name}.`) : [])]
  })
}

/** A default that is not given: null for records, else zero, false or empty, as Kafka's generator has it. */
function defaultOfKafka(field: KafkaField, type: string): string {
  if (field.default === 'null' || (type === 'records' && field.default === undefined)) return 'null'
  if (type === 'array' || type === 'bytes') return 'empty'
  if (type === 'struct') return ''
  if (type === 'uuid') return 'zero'
  if (type === 'string') return JSON.stringify(field.default ?? '')
  if (type === 'bool') return JSON.stringify(String(field.default ?? false))
  return JSON.stringify(String(BigInt(field.default ?? 0)))
}

function inVersions(text: string | undefined, version: number): boolean {
  return text !== undefined && text !== 'none' && holds(parseVersions(text as VersionText), version)
}

function readKafka(where: Declared['folder'], name: string): KafkaMessage {
  const text = readFileSync(`${folder}${where}/${name}.json`, 'utf8')
  return JSON.parse(text.replaceAll(/^\s*\/\/.*$/gm, '')) as KafkaMessage // as: a definition of Kafka's, by its own format
}

test.runIf(isThere || isCi)('the definitions of Kafka are there to compare with', () => {
  expect(isThere).toBe(true)
})

test.runIf(isThere).each(declared.map(item => ({ ...item, name: item.message.name })))('$name is what Kafka says', item => {
  const { message, name }: { message: Message<any>; name: string } = item
  const kafka = readKafka(item.folder, name)
  expect(kafka.apiKey).toBe(item.key)
  const flexible = kafka.flexibleVersions === 'none' ? Infinity : parseVersions(kafka.flexibleVersions as VersionText).from
  expect(message.flexibleFrom).toBe(flexible)
  const valid = parseVersions(kafka.validVersions as VersionText)
  expect(message.versions.from).toBe(valid.from)
  expect(message.versions.to).toBeLessThanOrEqual(valid.to)
  for (const version of versionsOf(message)) {
    expect({ version, fields: renderOurs(message.fields, version) }).toEqual({ version, fields: renderKafka(kafka, kafka.fields, version) })
  }
})
