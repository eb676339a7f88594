/**
 * SCRAM credentials of users (KIP-554): kept for the SASL mechanisms that will ask for them, described without what is secret in them.
 * Checks and words as Kafka's ScramControlManager and ScramImage.
 */

import { createHash, createHmac } from 'node:crypto'
import type { CredentialRows, ScramCredential } from '../catalog/credential-rows.ts'
import { CREDENTIALS_MAX, CREDENTIAL_BYTES_MAX } from '../common/limits.ts'
import type { KafkaError } from '../protocol/errors.ts'

type Deletion = { readonly name: string; readonly mechanism: number }
type Upsertion = Deletion & { readonly iterations: number; readonly salt: Uint8Array; readonly saltedPassword: Uint8Array }
type Refusal = { readonly error: KafkaError; readonly message: string }
export type CredentialOutcome = { readonly user: string; readonly error: KafkaError; readonly message: string | null }
export type CredentialInfo = { readonly mechanism: number; readonly iterations: number }

/** By Kafka's codes of the mechanisms: the hash of each. */
const HASHES: ReadonlyMap<number, 'sha256' | 'sha512'> = new Map([[1, 'sha256'], [2, 'sha512']])
const ITERATIONS_MIN = 4096
const ITERATIONS_MAX = 16_384

export class ScramCredentials {
  readonly #rows: CredentialRows
  readonly #byUser = new Map<string, Map<number, ScramCredential>>()
  #count = 0

  constructor(rows: CredentialRows) {
    this.#rows = rows
    for (const credential of rows.all()) this.#put(credential)
  }

  /** Who has credentials. */
  users(): Iterable<string> {
    return this.#byUser.keys()
  }

  /** The credentials of a user, without their secrets; undefined when there are none. */
  describe(user: string): readonly CredentialInfo[] | undefined {
    const credentials = this.#byUser.get(user)
    return credentials && [...credentials.values()].map(({ mechanism, iterations }) => ({ mechanism, iterations }))
  }

  /** For who verifies a password. */
  credential(user: string, mechanism: number): ScramCredential | undefined {
    return this.#byUser.get(user)?.get(mechanism)
  }

  /**
   * An outcome for each user; a user who is named twice has nothing changed. Throws when the catalog cannot take the changes, and
   * nothing has changed then.
   */
  alter({ deletions, upsertions }: { readonly deletions: readonly Deletion[]; readonly upsertions: readonly Upsertion[] }): CredentialOutcome[] {
    const refused = new Map<string, Refusal>()
    const removed = new Map<string, Deletion>()
    const set = new Map<string, Upsertion>()
    for (const deletion of deletions) {
      const { name } = deletion
      if (refused.has(name)) continue
      const refusal = removed.delete(name) ? TWICE : this.#problemWithDeletion(deletion)
      if (refusal) refused.set(name, refusal)
      else removed.set(name, deletion)
    }
    let added = 0
    for (const upsertion of upsertions) {
      const { name } = upsertion
      if (refused.has(name)) continue
      const isNew = !this.credential(name, upsertion.mechanism)
      const refusal = removed.delete(name) || set.delete(name) ? TWICE : problemWithUpsertion(upsertion) ?? (isNew && this.#count + added >= CREDENTIALS_MAX ? FULL : undefined)
      if (refusal) refused.set(name, refusal)
      else set.set(name, upsertion)
      if (!refusal && isNew) added++
    }
    this.#apply([...removed.values()], [...set.values()])
    const done = [...removed.keys(), ...set.keys()].map(user => ({ user, error: 'NONE' as const, message: null }))
    return [...done, ...[...refused].map(([user, refusal]) => ({ user, ...refusal }))]
  }

  #apply(deletions: readonly Deletion[], upsertions: readonly Upsertion[]): void {
    if (deletions.length === 0 && upsertions.length === 0) return
    const removed = deletions.map(({ name, mechanism }) => ({ user: name, mechanism }))
    const set = upsertions.map(credentialOf)
    this.#rows.change({ removed, set })
    for (const { user, mechanism } of removed) this.#drop(user, mechanism)
    for (const credential of set) this.#put(credential)
  }

  #put(credential: ScramCredential): void {
    const credentials = this.#byUser.get(credential.user) ?? new Map<number, ScramCredential>()
    this.#byUser.set(credential.user, credentials)
    if (!credentials.has(credential.mechanism)) this.#count++
    credentials.set(credential.mechanism, credential)
  }

  #drop(user: string, mechanism: number): void {
    const credentials = this.#byUser.get(user)
    if (credentials?.delete(mechanism)) this.#count--
    if (credentials?.size === 0) this.#byUser.delete(user)
  }

  #problemWithDeletion({ name, mechanism }: Deletion): Refusal | undefined {
    const refusal = problemWithNames(name, mechanism)
    if (refusal || this.credential(name, mechanism)) return refusal
    return { error: 'RESOURCE_NOT_FOUND', message: 'Attempt to delete a user credential that does not exist' }
  }
}

const TWICE: Refusal = { error: 'DUPLICATE_RESOURCE', message: 'A user credential cannot be altered twice in the same request' }
const FULL: Refusal = { error: 'POLICY_VIOLATION', message: `There may be ${CREDENTIALS_MAX} credentials here; remove some first.` }

const unacceptable = (message: string): Refusal => ({ error: 'UNACCEPTABLE_CREDENTIAL', message })

function problemWithNames(user: string, mechanism: number): Refusal | undefined {
  if (user === '') return unacceptable('Username must not be empty')
  return HASHES.has(mechanism) ? undefined : { error: 'UNSUPPORTED_SASL_MECHANISM', message: 'Unknown SCRAM mechanism' }
}

function problemWithUpsertion({ name, mechanism, iterations, salt, saltedPassword }: Upsertion): Refusal | undefined {
  const refusal = problemWithNames(name, mechanism)
  if (refusal) return refusal
  if (iterations < ITERATIONS_MIN) return unacceptable('Too few iterations')
  if (iterations > ITERATIONS_MAX) return unacceptable('Too many iterations')
  if (saltedPassword.length === 0) return unacceptable('The salted password must not be empty')
  if (Math.max(Buffer.byteLength(name), salt.length, saltedPassword.length) <= CREDENTIAL_BYTES_MAX) return undefined
  return unacceptable(`A name, a salt and a salted password may have ${CREDENTIAL_BYTES_MAX} bytes each here`)
}

/** RFC 5802, section 3: the password itself, even salted, is not kept. */
function credentialOf({ name: user, mechanism, iterations, salt, saltedPassword }: Upsertion): ScramCredential {
  const hash = HASHES.get(mechanism) ?? 'sha256'
  const clientKey = createHmac(hash, saltedPassword).update('Client Key').digest()
  return {
    user,
    mechanism,
    iterations,
    salt: Buffer.from(salt), // the request's bytes are part of a frame that goes away
    storedKey: createHash(hash).update(clientKey).digest(),
    serverKey: createHmac(hash, saltedPassword).update('Server Key').digest(),
  }
}
