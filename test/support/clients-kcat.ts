/** kcat, the command line of librdkafka, as a driver. It has one set of headers per call and no timestamps of its own. */

import { spawnSync } from 'node:child_process'
import type { ClientDriver, GroupReading } from './clients-driver.ts'
import { run } from './clients-process.ts'
import { type Codec, codecs, type ReadRecord, type SentRecord } from './clients-records.ts'

const version = /librdkafka [\d.]+/.exec(String(spawnSync('kcat', ['-V']).stdout ?? ''))?.[0] ?? 'not installed'

/** No sample record has these bytes. */
const RECORD_END = '\x01|record end|\x02'
const KEY_END = '\x01|key end|\x02'
/** Partition, offset, time, key length, value length, length of the headers by subtraction: the line that `parse` reads. */
const FORMAT = '%p %o %T %K %S\\n%k%s%h\\n\\x01|end|\\x02'
const FORMAT_END = Buffer.from('\n\x01|end|\x02')

const quiet = ['-X', 'log_level=2']

async function produce(address: string, topic: string, records: readonly SentRecord[], codec: Codec = 'none'): Promise<void> {
  for (const partition of new Set(records.map(record => record.partition))) {
    const own = records.filter(record => record.partition === partition)
    const headers = (own[0]?.headers ?? []).flatMap(([name, value]) => ['-H', `${name}=${String(value)}`])
    const flags = ['-p', String(partition), '-D', escaped(RECORD_END), '-K', escaped(KEY_END), '-z', codec, '-X', 'acks=-1', '-X', 'enable.idempotence=true']
    await run('kcat', ['-P', '-b', address, '-t', topic, ...quiet, ...flags, ...headers], { input: inputOf(own) })
  }
}

function inputOf(records: readonly SentRecord[]): Buffer {
  const parts = records.map(({ key, value }) => [...(key ? [key, Buffer.from(KEY_END)] : []), value ?? Buffer.alloc(0)])
  return Buffer.concat(parts.flatMap((part, at) => (at === 0 ? part : [Buffer.from(RECORD_END), ...part])))
}

function escaped(delimiter: string): string {
  return [...Buffer.from(delimiter)].map(byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

function parse(output: Buffer): ReadRecord[] {
  const records: ReadRecord[] = []
  for (let at = 0; at < output.length;) {
    const lineEnd = output.indexOf('\n', at)
    const [partition, offset, timestamp, keyLength, valueLength] = output.subarray(at, lineEnd).toString().split(' ').map(Number)
    const keyEnd = lineEnd + 1 + Math.max(0, keyLength ?? 0)
    const valueEnd = keyEnd + Math.max(0, valueLength ?? 0)
    const end = output.indexOf(FORMAT_END, valueEnd)
    if (end < 0) throw new Error(`kcat's output ends within a record: ${output.subarray(at, at + 200).toString('latin1')}`)
    const headers = output.subarray(valueEnd, end).toString().split(',').filter(Boolean)
    records.push({
      partition: partition ?? -1, offset: offset ?? -1, timestamp: timestamp ?? -1,
      key: keyLength === -1 ? null : output.subarray(lineEnd + 1, keyEnd),
      value: valueLength === -1 ? null : output.subarray(keyEnd, valueEnd),
      headers: headers.map(header => {
        const equals = header.indexOf('=')
        return [header.slice(0, equals), Buffer.from(header.slice(equals + 1))]
      }),
    })
    at = end + FORMAT_END.length
  }
  return records
}

/** kcat commits what it printed when it leaves. */
async function readInGroup({ address, topic, group, count }: GroupReading): Promise<{ records: ReadRecord[] }> {
  const flags = ['-X', 'auto.offset.reset=earliest', '-X', 'fetch.wait.max.ms=200', '-c', String(count), '-f', FORMAT]
  const ran = await run('kcat', ['-b', address, ...quiet, ...flags, '-G', group, topic])
  return { records: parse(ran.stdout) }
}

async function readAt(address: string, topic: string, partition: number, timestamp: number): Promise<ReadRecord> {
  const flags = ['-p', String(partition), '-o', `s@${timestamp}`, '-c', '1', '-f', FORMAT]
  const ran = await run('kcat', ['-C', '-b', address, '-t', topic, ...quiet, ...flags])
  const [record] = parse(ran.stdout)
  if (!record) throw new Error(`kcat read nothing: ${ran.stderr}`)
  return record
}

/** librdkafka's consumers do not ask for creation; kcat ends with the partition's error. */
async function lookUpMissing(address: string, topic: string): Promise<string> {
  const ran = await run('kcat', ['-C', '-b', address, '-t', topic, '-p', '0', '-e'], { codes: [0, 1] })
  return ran.stderr
}

export const kcatDriver: ClientDriver = {
  name: `kcat with ${version}`,
  limits: { timestamps: false, nullValues: false, variedHeaders: false },
  codecs,
  produce,
  readInGroup,
  readAt,
  lookUpMissing,
}
