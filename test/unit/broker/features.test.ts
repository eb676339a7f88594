import { expect, test } from 'vitest'
import { Features, type StoredFeatures } from '../../../core/broker/features.ts'
import { apiVersions } from '../../../core/protocol/apis/index.ts'
import { startMemoryBroker } from '../../support/memory-broker.ts'

test('the newest levels are finalized where nothing else was', () => {
  expect([...new Features().finalized()]).toEqual([
    { name: 'group.version', level: 1 }, { name: 'metadata.version', level: 30 }, { name: 'transaction.version', level: 2 },
  ])
})

test('a change is stored before it holds, raises the epoch, and one that cannot be stored changes nothing', () => {
  const kept: StoredFeatures[] = []
  const features = new Features({ store: stored => void kept.push(stored) })
  features.set(new Map([['transaction.version', 1]]))
  expect(features.level('transaction.version')).toBe(1)
  expect(features.epoch).toBe(1)
  const again = new Features({ ...(kept[0] && { stored: kept[0] }), store: () => { throw new Error('disk full') } })
  expect([again.level('transaction.version'), again.level('group.version'), again.epoch]).toEqual([1, 1, 1])
  expect(() => again.set(new Map([['transaction.version', 2]]))).toThrow('disk full')
  expect([again.level('transaction.version'), again.epoch]).toEqual([1, 1])
})

test('a level of 0 is not finalized', () => {
  const features = new Features()
  features.set(new Map([['group.version', 0]]))
  expect([...features.finalized()].map(({ name }) => name)).toEqual(['metadata.version', 'transaction.version'])
})

test('ApiVersions tells the features, those whose least level is 0 from v4 on', async () => {
  const broker = await startMemoryBroker()
  const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }
  const v4 = await broker.ask(apiVersions, 4, software)
  expect(v4.supportedFeatures).toEqual([
    { name: 'group.version', minVersion: 0, maxVersion: 1 },
    { name: 'metadata.version', minVersion: 7, maxVersion: 30 },
    { name: 'transaction.version', minVersion: 0, maxVersion: 2 },
  ])
  expect(v4.finalizedFeatures).toEqual([
    { name: 'group.version', maxVersionLevel: 1, minVersionLevel: 1 },
    { name: 'metadata.version', maxVersionLevel: 30, minVersionLevel: 30 },
    { name: 'transaction.version', maxVersionLevel: 2, minVersionLevel: 2 },
  ])
  expect(v4.finalizedFeaturesEpoch).toBe(0n)
  const v3 = await broker.ask(apiVersions, 3, software)
  expect(v3.supportedFeatures).toEqual([{ name: 'metadata.version', minVersion: 7, maxVersion: 30 }])
  expect(v3.finalizedFeatures).toEqual(v4.finalizedFeatures)
  await broker.stop()
})
