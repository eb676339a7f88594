/** Kafka's rules for topic names (Topic.java). */

const INTERNAL = new Set(['__consumer_offsets', '__transaction_state', '__share_group_state'])

/** What is wrong with a name, in Kafka's words; undefined when it is legal. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > 249) return `Topic name is invalid: the length of '${name}' is longer than the max allowed length 249`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

export function isInternalTopic(name: string): boolean {
  return INTERNAL.has(name)
}

/** Names that differ only by . and _ collide: they would share a metric's name in Kafka. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
