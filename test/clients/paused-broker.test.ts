/** A broker whose process is stopped for longer than its members' session timeout (a laptop that sleeps) keeps them, and says what happened. */

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { findCoordinator, heartbeat, joinGroup, syncGroup } from '../../core/protocol/apis/index.ts'
import { kafkaErrors } from '../../core/protocol/errors.ts'
import { MillraceProcess } from '../support/broker-process.ts'
import { ask, RawConnection } from '../support/clients-frames.ts'

const STOPPED_MS = 15_000
const SESSION_MS = 10_000

test('a group with a session timeout of ten seconds survives a broker that is stopped for fifteen', async () => {
  const broker = await MillraceProcess.start()
  try {
    const connection = await RawConnection.open(broker.port)
    while ((await ask(connection, findCoordinator, 4, { keyType: 0, coordinatorKeys: ['g'] })).coordinators[0]?.errorCode !== 0) await pause(50)
    const joining = { groupId: 'g', sessionTimeoutMs: SESSION_MS, rebalanceTimeoutMs: 30_000, protocolType: 'consumer', protocols: [{ name: 'range', metadata: Buffer.alloc(0) }] }
    const { memberId } = await ask(connection, joinGroup, 9, { ...joining, memberId: '' })
    expect((await ask(connection, joinGroup, 9, { ...joining, memberId })).generationId).toBe(1)
    await ask(connection, syncGroup, 5, { groupId: 'g', memberId, generationId: 1, protocolType: 'consumer', protocolName: 'range', assignments: [{ memberId, assignment: Buffer.alloc(0) }] })
    process.kill(broker.process.pid, 'SIGSTOP')
    await pause(STOPPED_MS)
    process.kill(broker.process.pid, 'SIGCONT')
    // Not on the same connection: what is in its socket before the broker runs again would be a heartbeat in time.
    const later = await RawConnection.open(broker.port)
    const beat = async (): Promise<number> => (await ask(later, heartbeat, 4, { groupId: 'g', memberId, generationId: 1 })).errorCode
    await pause(1000)
    expect(await beat()).toBe(0)
    expect(broker.process.lines.filter(line => line.includes('did not run for a while'))).toHaveLength(1)
    await pause(SESSION_MS + 1500)
    expect(await beat()).toBe(kafkaErrors.UNKNOWN_MEMBER_ID)
    later.close()
    connection.close()
  } finally {
    await broker.dispose()
  }
})
