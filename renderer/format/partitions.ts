/** Partitions of topics in a line. Pure. */

/** `orders 0–2, 5 · payments 1` */
export function formatPartitions(topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[]): string {
  return topics.map(({ topic, partitions }) => `${topic} ${formatRanges(partitions)}`).join(' · ')
}

/** `0–2, 5`: runs of three or more as a range. */
export function formatRanges(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const run = runs.at(-1)
    if (run && run[1] + 1 === number) run[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (to - from > 1 ? `${from}–${to}` : from === to ? `${from}` : `${from}, ${to}`)).join(', ')
}

/** Single partitions gathered by topic, in the order they come. */
export function byTopic(places: readonly { readonly topic: string; readonly partition: number }[]): readonly { readonly topic: string; readonly partitions: readonly number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of places) {
    const partitions = topics.get(topic)
    if (partitions) partitions.push(partition)
    else topics.set(topic, [partition])
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
