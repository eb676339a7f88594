/** A record as text to copy: JSON that loses no digit, and one line of tabs. Pure. */

import type { Cell, MessageDetail } from '../../../core/studio/contract/messages.ts'
import { hexOf } from '../../format/hex.ts'
import { formatIso } from '../../format/time.ts'

/** The record as JSON. A value that is JSON stands in it as it was written; text as a string; other bytes as `{ "hex": … }`. */
export function recordJson(topic: string, detail: MessageDetail): string {
  const { row, headers, keyBytes, valueBytes, keySizeBytes, valueSizeBytes } = detail
  const fields: readonly (readonly [string, string])[] = [
    ['topic', JSON.stringify(topic)],
    ['partition', String(row.partition)],
    ['offset', String(row.offset)],
    ['timestamp', String(row.timestamp)],
    ['time', JSON.stringify(formatIso(row.timestamp))],
    ['key', payloadJson(row.key, keyBytes, keySizeBytes)],
    ['value', payloadJson(row.value, valueBytes, valueSizeBytes)],
    ['headers', `[${headers.map(({ name, value }) => `{"name":${JSON.stringify(name)},"value":${cellJson(value)}}`).join(',')}]`],
  ]
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`
}

function payloadJson(cell: Cell, bytes: Uint8Array | null, sizeBytes: number): string {
  if (cell.is === 'failed') return `{"unreadable":${JSON.stringify(cell.reason)}}`
  if (bytes === null) return 'null'
  const isWhole = bytes.length >= sizeBytes
  if (cell.is === 'hex' || cell.is === 'null') return hexJson(hexOf(bytes), isWhole ? 0 : sizeBytes - bytes.length)
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  return cell.is === 'json' && isWhole ? oneLine(text) : textJson(text, sizeBytes - bytes.length)
}

function cellJson(cell: Cell): string {
  if (cell.is === 'null') return 'null'
  if (cell.is === 'failed') return `{"unreadable":${JSON.stringify(cell.reason)}}`
  if (cell.is === 'hex') return hexJson(cell.text, cell.restBytes)
  return cell.is === 'json' && cell.restBytes === 0 ? oneLine(cell.text) : textJson(cell.text, cell.restBytes)
}

/** JSON has no line end inside a string, so each one, with its indent, stands between the parts. */
function oneLine(json: string): string {
  return json.trim().replaceAll(/\s*[\r\n]\s*/g, ' ')
}

function textJson(text: string, restBytes: number): string {
  return restBytes > 0 ? `{"text":${JSON.stringify(text)},"restBytes":${restBytes}}` : JSON.stringify(text)
}

function hexJson(hex: string, restBytes: number): string {
  return restBytes > 0 ? `{"hex":"${hex}","restBytes":${restBytes}}` : `{"hex":"${hex}"}`
}
