/** A driver for a client that runs as a program: ADDRESS COMMAND ARGUMENTS, records as lines (clients-records.ts). */

import type { ClientDriver, GroupReading, GroupSeen } from './clients-driver.ts'
import { run } from './clients-process.ts'
import { codecs, fromLines, type Limits, type ReadRecord, toLines } from './clients-records.ts'

export type LineClient = {
  readonly name: string
  readonly limits?: Limits
  /** The program and its first arguments; made when it is first asked for. */
  command(): Promise<readonly string[]>
}

/** The commands are those of test/clients/java, which documents them. */
export function lineDriver(client: LineClient): ClientDriver {
  const ask = async (address: string, args: readonly (string | number)[], input?: string): Promise<string> => {
    const [program = '', ...first] = await client.command()
    const ran = await run(program, [...first, address, ...args.map(String)], input === undefined ? {} : { input })
    return ran.stdout.toString()
  }
  return {
    name: client.name,
    limits: client.limits ?? {},
    codecs,
    produce: async (address, topic, records, codec = 'none') => void (await ask(address, ['produce', topic, codec], toLines(records))),
    async readInGroup({ address, topic, group, count }: GroupReading): Promise<{ records: ReadRecord[]; seen: GroupSeen }> {
      const output = await ask(address, ['group', topic, group, count])
      const [, state = '', memberCount] = /^group (\w+) (\d+)$/m.exec(output) ?? []
      return { records: fromLines(output), seen: { state, memberCount: Number(memberCount) } }
    },
    async readAt(address, topic, partition, timestamp) {
      const [record] = fromLines(await ask(address, ['at', topic, partition, timestamp]))
      if (!record) throw new Error(`${client.name} read nothing`)
      return record
    },
    lookUpMissing: (address, topic) => ask(address, ['missing', topic]),
    admin: {
      create: async (address, topic, partitionCount) => void (await ask(address, ['create', topic, partitionCount])),
      list: async address => (await ask(address, ['list'])).split('\n').filter(Boolean),
      delete: async (address, topic) => void (await ask(address, ['delete', topic])),
    },
  }
}
