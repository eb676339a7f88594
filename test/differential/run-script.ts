/** The whole script against one broker: what is written, then what is read. */

import { BrokerUnderScript, type Step } from './broker-under-script.ts'
import { ReadScript } from './read-script.ts'
import { scriptTopics, WriteScript } from './write-script.ts'

/** `nowMs`: the time that the records are around, in milliseconds since the epoch; the same for both brokers. */
export async function runScript(port: number, o: { readonly nowMs: number; readonly seed: number }): Promise<readonly Step[]> {
  const broker = new BrokerUnderScript(port)
  try {
    await new WriteScript(broker, o).run()
    for (const { name, configs } of scriptTopics.read) {
      const isAppendTime = configs['message.timestamp.type'] === 'LogAppendTime'
      await new ReadScript(broker, { topic: name, isAppendTime, isRecompressed: 'compression.type' in configs, seed: o.seed }).run()
    }
    return broker.steps
  } finally {
    broker.close()
  }
}
