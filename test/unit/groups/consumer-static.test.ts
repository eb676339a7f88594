import { expect, test } from 'vitest'
import { beating, describe, joiningConsumer, partitions, told } from './consumer-fixture.ts'
import { startGroups } from './fixture.ts'

test('a static member that left for a while is back under another id, with what it had, and nobody else notices', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const { groups } = setting
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  groups.heartbeatConsumer(joiningConsumer({ memberId: 'b' }))
  groups.heartbeatConsumer(beating({ memberEpoch: 2, instanceId: 'i' }))
  groups.heartbeatConsumer(beating({ memberEpoch: 2, instanceId: 'i', owned: partitions({ orders: [0, 1] }) }))
  groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 3 }))
  expect(groups.heartbeatConsumer(beating({ memberEpoch: -2, instanceId: 'i' }))).toMatchObject({ error: 'NONE', memberId: 'a', memberEpoch: -2 })
  expect(describe(setting)).toMatchObject({ epoch: 3, members: [{ memberId: 'a', epoch: -2 }, { memberId: 'b' }] })
  const back = groups.heartbeatConsumer(joiningConsumer({ memberId: 'a2', instanceId: 'i' }))
  expect([back.error, back.memberEpoch, told(back)]).toEqual(['NONE', 3, 'orders 0,1'])
  expect(describe(setting)).toMatchObject({ state: 'Stable', epoch: 3, members: [{ memberId: 'b' }, { memberId: 'a2', instanceId: 'i', epoch: 3 }] })
  const again = await setting.restart()
  expect(describe(again)).toEqual(describe(again))
  expect(describe(again)).toMatchObject({ state: 'Stable', epoch: 3, members: [{ memberId: 'b' }, { memberId: 'a2', instanceId: 'i', epoch: 3 }] })
})

test('a static member may come back under its own id', async () => {
  const setting = await startGroups()
  const { groups } = setting
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  groups.heartbeatConsumer(beating({ memberEpoch: -2, instanceId: 'i' }))
  const back = groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  expect([back.error, back.memberEpoch, told(back)]).toEqual(['NONE', 2, 'orders 0,1,2,3'])
  expect(describe((await setting.restart()))).toMatchObject({ state: 'Stable', epoch: 2, members: [{ memberId: 'a', instanceId: 'i' }] })
})

test('one that comes back with another subscription starts a rebalance', async () => {
  const setting = await startGroups({ groupConfig: { assignmentIntervalMs: 0 } })
  const { groups } = setting
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  groups.heartbeatConsumer(beating({ memberEpoch: -2, instanceId: 'i' }))
  const back = groups.heartbeatConsumer(joiningConsumer({ memberId: 'a2', instanceId: 'i', subscribedTopics: ['payments'] }))
  expect([back.error, back.memberEpoch, told(back)]).toEqual(['NONE', 3, 'payments 0'])
})

test('an instance that is in the group is not given to another, and who lost it is fenced', async () => {
  const { groups } = await startGroups()
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  expect(groups.heartbeatConsumer(joiningConsumer({ memberId: 'b', instanceId: 'i' })).error).toBe('UNRELEASED_INSTANCE_ID')
  expect(groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: 2, instanceId: 'i' })).error).toBe('FENCED_INSTANCE_ID')
  expect(groups.heartbeatConsumer(beating({ memberEpoch: 2, instanceId: 'other' })).error).toBe('UNKNOWN_MEMBER_ID')
  expect(groups.heartbeatConsumer(beating({ memberId: 'b', memberEpoch: -1, instanceId: 'i' })).error).toBe('FENCED_INSTANCE_ID')
  expect(groups.heartbeatConsumer(beating({ memberEpoch: -1, instanceId: 'other' })).error).toBe('UNKNOWN_MEMBER_ID')
})

test('a static member that does not come back in its session is out; one that leaves for good is so at once', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  groups.heartbeatConsumer(beating({ memberEpoch: -2, instanceId: 'i' }))
  clock.advance(45_000)
  expect(describe(setting)).toMatchObject({ state: 'Empty', members: [] })
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  expect(groups.heartbeatConsumer(beating({ memberEpoch: -1, instanceId: 'i' }))).toMatchObject({ error: 'NONE', memberEpoch: -1 })
  expect(describe(setting)).toMatchObject({ state: 'Empty', members: [] })
})

test('the timers of the id that was replaced end nobody', async () => {
  const setting = await startGroups()
  const { groups, clock } = setting
  groups.heartbeatConsumer(joiningConsumer({ instanceId: 'i' }))
  clock.advance(30_000)
  groups.heartbeatConsumer(beating({ memberEpoch: -2, instanceId: 'i' }))
  groups.heartbeatConsumer(joiningConsumer({ memberId: 'a2', instanceId: 'i' }))
  clock.advance(44_999)
  expect(describe(setting).members.map(({ memberId }) => memberId)).toEqual(['a2'])
})
