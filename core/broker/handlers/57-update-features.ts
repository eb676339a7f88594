/**
 * UpdateFeatures (57): v0 to v2.
 * Raises and lowers what is finalized, all of it or nothing (KIP-584, KIP-778, KIP-1022); the epoch rises with each change, and ApiVersions
 * tells it. Checks, order and words are those of Kafka's FeatureControlManager. As in Kafka 4.x the downgrade flag of v0 is not looked at.
 * Differences: metadata.version cannot go down at all (in Kafka 4.3 no downgrade from its newest level is allowed either).
 */

import { updateFeatures } from '../../protocol/apis/index.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { RequestOf } from '../../protocol/schema.ts'
import { type FeatureName, type Features, supportedFeature } from '../features.ts'
import { handler } from '../handler.ts'

type Update = RequestOf<typeof updateFeatures>['featureUpdates'][number]

const UPGRADE = 1
const SAFE_DOWNGRADE = 2
const UNSAFE_DOWNGRADE = 3
const KNOWN_TYPES = [UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE]
const METADATA_VERSION = 'metadata.version'

export const updateFeaturesHandler = handler(updateFeatures, ({ featureUpdates, validateOnly }, { broker }) => {
  // Of a feature that is named twice the last level counts.
  const updates = new Map(featureUpdates.map(update => [update.feature, update]))
  const changes = new Map<FeatureName, number>()
  for (const update of updates.values()) {
    const checked = check(update, broker.cluster.controllerId, broker.features)
    if ('problem' in checked) {
      return {
        errorCode: errorCode('INVALID_UPDATE_VERSION'),
        errorMessage: `The update failed for all features since the following feature had an error: ${checked.problem}`,
        results: [],
      }
    }
    changes.set(checked.name, checked.level)
  }
  if (!validateOnly && changes.size > 0) {
    try {
      broker.features.set(changes)
    } catch (cause) {
      broker.logger.error('the catalog cannot take finalized features', { cause })
      return { errorCode: errorCode('KAFKA_STORAGE_ERROR'), errorMessage: 'The catalog cannot take the features; nothing was changed.', results: [] }
    }
  }
  return { errorCode: 0, errorMessage: null, results: featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: 'NONE' })) }
})

type Checked = { readonly name: FeatureName; readonly level: number } | { readonly problem: string }

function check({ feature, maxVersionLevel: level, upgradeType }: Update, controllerId: number, features: Features): Checked {
  const invalid = (reason: string): Checked => ({ problem: `Invalid update version ${level} for feature ${feature}. ${reason}` })
  if (!KNOWN_TYPES.includes(upgradeType)) return invalid('The controller does not support the given upgrade type.')
  if (level < 0) return invalid('A feature version cannot be less than 0.')
  const supported = supportedFeature(feature)
  if (!supported) return invalid(level === 0 ? `Feature ${feature} not found.` : `Local controller ${controllerId} does not support this feature.`)
  const { name, min, max } = supported
  if (level < min || level > max) return invalid(`Local controller ${controllerId} only supports versions ${min}-${max}`)
  const problem = problemWithDirection({ name, level, upgradeType }, features)
  return problem === undefined ? { name, level } : problem.isWhole ? { problem: problem.text } : invalid(problem.text)
}

type Direction = { readonly name: FeatureName; readonly level: number; readonly upgradeType: number }

/** `isWhole`: the text is the whole sentence, not the reason within it. */
function problemWithDirection({ name, level, upgradeType }: Direction, features: Features): { readonly text: string; readonly isWhole: boolean } | undefined {
  const current = features.level(name)
  if (level > current && upgradeType !== UPGRADE) return { text: "Can't downgrade to a newer version.", isWhole: false }
  if (level >= current) return undefined
  if (upgradeType === UPGRADE) {
    return { text: "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.", isWhole: false }
  }
  if (name !== METADATA_VERSION) return undefined
  const reason = upgradeType === UNSAFE_DOWNGRADE
    ? 'Unsafe metadata downgrade is not supported in this version.'
    : 'Refusing to perform the requested downgrade because it might delete metadata information.'
  return { text: `Unsupported metadata.version downgrade from ${current} to ${level}. ${reason}`, isWhole: true }
}
