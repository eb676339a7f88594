/** Broker configs that must fit together, refused in Kafka's words (GroupCoordinatorConfig, KafkaConfig.validateValues). */

import { isTruth, toNumber } from './config-values.ts'

const MB = 1024 * 1024

/** The first conflict among values of broker configs, as they would be in force; undefined when there is none. */
export function brokerConflict(valueOf: (name: string) => string | null): string | undefined {
  const number = (name: string): number => toNumber(valueOf(name) ?? 'NaN')
  for (const name of ['heartbeat.interval.ms', 'session.timeout.ms', 'assignment.interval.ms']) {
    const [value, min, max] = [`group.consumer.${name}`, `group.consumer.min.${name}`, `group.consumer.max.${name}`]
    if (number(max) < number(min)) return `${max} must be greater than or equal to ${min}`
    if (number(value) < number(min)) return `${value} must be greater than or equal to ${min}`
    if (number(value) > number(max)) return `${value} must be less than or equal to ${max}`
  }
  if (number('group.consumer.heartbeat.interval.ms') >= number('group.consumer.session.timeout.ms')) {
    return 'group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms'
  }
  if (isTruth(valueOf('log.cleaner.enable') ?? '') === true && number('log.cleaner.dedupe.buffer.size') < MB) {
    return 'requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.'
  }
  if (number('max.connections.per.ip') === 0 && valueOf('max.connections.per.ip.overrides') === '') {
    return 'requirement failed: max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.'
  }
  return undefined
}
