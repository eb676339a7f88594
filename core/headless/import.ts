/** `millrace import DIR`: adopts topics out of a log directory that Apache Kafka wrote. */

import { join, resolve } from 'node:path'
import { prepareDataFolder } from '../broker/data-folder.ts'
import { ProducerIds } from '../broker/producer-ids.ts'
import { Catalog } from '../catalog/catalog.ts'
import { lockDataFolder } from '../catalog/data-lock.ts'
import { systemClock } from '../common/clock.ts'
import { nodeDisk } from '../common/node-disk.ts'
import { copyPartition, highestProducerId, readForeignLogs, type ForeignTopic } from '../log/import-logs.ts'
import { partitionFolderName } from '../log/log-files.ts'
import type { ImportArguments } from './arguments.ts'
import { appDataFolder } from './data-folder.ts'

/** Prints a line per topic and per folder left out. Exit code 1 when nothing was adopted. */
export async function importLogs({ source, dataFolder: named }: ImportArguments): Promise<number> {
  const from = resolve(source)
  const dataFolder = named === undefined ? appDataFolder(process.platform, process.env) : resolve(named)
  const { topics, skipped } = await readForeignLogs(nodeDisk, from).catch((cause: unknown) => {
    throw new Error(`${from} cannot be read as a log directory: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  })
  prepareDataFolder(dataFolder, nodeDisk)
  nodeDisk.makeFolderNow(join(dataFolder, 'logs'))
  const lock = lockDataFolder(dataFolder, nodeDisk, process.pid)
  try {
    const catalog = Catalog.open({ file: join(dataFolder, 'catalog.db'), disk: nodeDisk })
    let adopted = 0
    for (const topic of topics) if (await adopt(topic, { from, dataFolder, catalog })) adopted++
    for (const { folder, reason } of skipped) process.stdout.write(`skipped ${folder}: ${reason}\n`)
    catalog.close()
    if (adopted === 0) process.stderr.write(`millrace: nothing was adopted from ${from}\n`)
    return adopted === 0 ? 1 : 0
  } finally {
    lock.release()
  }
}

async function adopt(topic: ForeignTopic, { from, dataFolder, catalog }: { readonly from: string; readonly dataFolder: string; readonly catalog: Catalog }): Promise<boolean> {
  const target = (partition: number): string => join(dataFolder, 'logs', partitionFolderName(topic.name, partition))
  const reason = catalog.topics().some(({ name, topicId }) => name === topic.name || topicId === topic.topicId)
    ? 'a topic of that name or id exists'
    : topic.folders.some((_, partition) => nodeDisk.existsNow(target(partition))) ? 'a folder of that name exists' : undefined
  if (reason !== undefined) {
    process.stdout.write(`skipped ${topic.name}: ${reason}\n`)
    return false
  }
  let bytes = 0
  for (const [partition, folder] of topic.folders.entries()) {
    bytes += await copyPartition(nodeDisk, join(from, folder), target(partition))
    new ProducerIds(catalog).passOver(await highestProducerId(nodeDisk, target(partition)))
  }
  const { name, topicId, partitionCount } = topic
  catalog.addTopic({ name, topicId, partitionCount, isInternal: false, configs: {}, createdAt: systemClock.now() })
  process.stdout.write(`adopted ${name}: ${partitionCount} partition(s), ${bytes} bytes\n`)
  return true
}
