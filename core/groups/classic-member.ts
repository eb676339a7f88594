/** One member of a classic group, and what its parked requests wait for. */

import type { KafkaError } from '../protocol/errors.ts'

/** Metadata by protocol name, in the member's order of preference. */
export type MemberProtocols = ReadonlyMap<string, Buffer>

export type JoinAnswer = {
  readonly error: KafkaError
  readonly memberId: string
  readonly generation: number
  readonly protocolType: string | null
  readonly protocol: string | null
  /** '' when there is none to tell. */
  readonly leaderId: string
  readonly skipAssignment: boolean
  /** Filled for the leader only. */
  readonly members: readonly { readonly memberId: string; readonly instanceId: string | null; readonly metadata: Buffer }[]
}

export type SyncAnswer = {
  readonly error: KafkaError
  readonly protocolType: string | null
  readonly protocol: string | null
  readonly assignment: Buffer
}

export type ClassicMember = {
  readonly memberId: string
  readonly instanceId: string | null
  readonly clientId: string
  /** As Kafka prints an address, with a leading slash. */
  readonly host: string
  sessionTimeoutMs: number
  rebalanceTimeoutMs: number
  protocols: MemberProtocols
  assignment: Buffer
  /** Until its first join completes: such a member does not know its id, sends no heartbeats, and expires even with a parked join. */
  isNew: boolean
  parkedJoin: ((answer: JoinAnswer) => void) | null
  parkedSync: ((answer: SyncAnswer) => void) | null
}

export const NO_BYTES: Buffer = Buffer.alloc(0)

export function refusedJoin(error: KafkaError, memberId: string): JoinAnswer {
  return { error, memberId, generation: -1, protocolType: null, protocol: null, leaderId: '', skipAssignment: false, members: [] }
}

export function refusedSync(error: KafkaError): SyncAnswer {
  return { error, protocolType: null, protocol: null, assignment: NO_BYTES }
}

export function answerJoin(member: ClassicMember, answer: JoinAnswer): void {
  const reply = member.parkedJoin
  member.parkedJoin = null
  reply?.(answer)
}

/** True when a sync was parked. */
export function answerSync(member: ClassicMember, answer: SyncAnswer): boolean {
  const reply = member.parkedSync
  member.parkedSync = null
  reply?.(answer)
  return reply !== null
}

/** The same names in the same order with the same bytes: rejoining with them changes nothing. */
export function hasSameProtocols(member: ClassicMember, protocols: MemberProtocols): boolean {
  if (member.protocols.size !== protocols.size) return false
  const own = member.protocols.entries()
  for (const [name, metadata] of protocols) {
    const [ownName, ownMetadata] = own.next().value ?? ['', NO_BYTES]
    if (name !== ownName || !metadata.equals(ownMetadata)) return false
  }
  return true
}

/**
 * The protocol of the next generation: of those every member supports, the one most members list first. Null when there is none.
 * A tie goes to the earlier member's choice.
 */
export function votedProtocol(memberProtocols: readonly MemberProtocols[]): string | null {
  const votes = new Map<string, number>()
  for (const protocols of memberProtocols) {
    for (const name of protocols.keys()) {
      if (!memberProtocols.every(other => other.has(name))) continue
      votes.set(name, (votes.get(name) ?? 0) + 1)
      break
    }
  }
  let winner: string | null = null
  for (const [name, count] of votes) {
    if (winner === null || count > (votes.get(winner) ?? 0)) winner = name
  }
  return winner
}
