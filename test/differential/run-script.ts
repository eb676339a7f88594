/** The whole script against one broker, or its halves: what is written, and what is read. */

import { BrokerUnderScript, type Step } from './broker-under-script.ts'
import { ReadScript } from './read-script.ts'
import { scriptTopics, WriteScript } from './write-script.ts'

/** `nowMs`: the time that the records are around, in milliseconds since the epoch; the same for both brokers. */
export type ScriptOptions = { readonly nowMs: number; readonly seed: number }

export async function runScript(port: number, o: ScriptOptions): Promise<readonly Step[]> {
  const written = await writeOnly(port, o)
  const read = await readAll(port, topic => ({ ...topic, asksEpochs: true, seed: o.seed }))
  return [...written, ...read]
}

export async function writeOnly(port: number, o: ScriptOptions): Promise<readonly Step[]> {
  return withBroker(port, broker => new WriteScript(broker, o).run())
}

/** Reads every whole topic of the script from a broker that serves the very files of another: no record, time or size may differ. */
export async function readFiles(port: number, seed: number): Promise<readonly Step[]> {
  return withBroker(port, async broker => {
    for (const { name } of scriptTopics.whole) await new ReadScript(broker, { topic: name, isAppendTime: false, isRecompressed: false, asksEpochs: false, seed }).run()
  })
}

/** Reads compacted topics: what a cleaner wrote anew, its codec pressed anew. */
export async function readCleaned(port: number, topics: readonly string[], seed: number): Promise<readonly Step[]> {
  return withBroker(port, async broker => {
    for (const topic of topics) await broker.untilLed(topic)
    for (const topic of topics) await new ReadScript(broker, { topic, isAppendTime: false, isRecompressed: true, asksEpochs: false, seed }).run()
  })
}

type TopicFacts = { readonly topic: string; readonly isAppendTime: boolean; readonly isRecompressed: boolean }

function readAll(port: number, as: (topic: TopicFacts) => ConstructorParameters<typeof ReadScript>[1]): Promise<readonly Step[]> {
  return withBroker(port, async broker => {
    for (const { name, configs } of scriptTopics.read) {
      const isAppendTime = configs['message.timestamp.type'] === 'LogAppendTime'
      await new ReadScript(broker, as({ topic: name, isAppendTime, isRecompressed: 'compression.type' in configs })).run()
    }
  })
}

async function withBroker(port: number, run: (broker: BrokerUnderScript) => Promise<void>): Promise<readonly Step[]> {
  const broker = new BrokerUnderScript(port)
  try {
    await run(broker)
    return broker.steps
  } finally {
    broker.close()
  }
}
