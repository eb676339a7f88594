/** When is a record acknowledged, what does that survive, and what does it cost? The words are those of docs/durability.md. */

import { useId, type ReactNode } from 'react'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { plural } from '../../format/figures.ts'
import { useCall } from '../../studio/use-call.ts'
import { announce } from '../../ui/announcer.tsx'
import { Badge } from '../../ui/badge.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon, type IconName } from '../../ui/icons.tsx'
import { Radio } from '../../ui/input.tsx'
import { Section } from '../../ui/page.tsx'
import { text } from '../../ui/text.tsx'
import styles from './durability.module.css'

type Choice = {
  readonly isOn: boolean
  readonly name: string
  readonly note: string
  readonly killed: Fate
  readonly crashed: Fate
  readonly price: string
}
type Fate = { readonly tone: 'good' | 'warn'; readonly icon: IconName; readonly words: string }

const nothingLost: Fate = { tone: 'good', icon: 'check', words: 'Nothing is lost.' }
const choices: readonly Choice[] = [
  {
    isOn: false,
    name: 'Acknowledge from memory',
    note: 'As Kafka does: once the write call has returned. The system writes to the disk in its own time.',
    killed: nothingLost,
    crashed: { tone: 'warn', icon: 'warning', words: 'What was not flushed yet may be lost: at most the last minute or so.' },
    price: 'None.',
  },
  {
    isOn: true,
    name: 'Durable acks',
    note: 'Once the disk has answered (fdatasync). Commits of groups wait too.',
    killed: nothingLost,
    crashed: { tone: 'good', icon: 'check', words: 'Nothing acknowledged is lost.' },
    price: 'Each acknowledgement waits for the disk; producers that wait at the same time share a flush.',
  },
]

export function Durability({ status }: { readonly status: LocalStatus }) {
  const { run, state } = useCall(client => client.local.setDurableAcks)
  const choose = async (isOn: boolean): Promise<void> => {
    if (isOn === status.durableAcks || state.is === 'busy') return
    const result = await run({ isOn })
    if (result.ok) announce(isOn ? 'Durable acks are on' : 'Records are acknowledged from memory')
  }
  return (
    <Section title="Durability" note="applies at once, to every topic, and after every start" hasRule>
      <div className={styles.durability}>
        <table className={styles.table} aria-busy={state.is === 'busy'}>
          <thead>
            <tr>
              <th scope="col">A record is acknowledged</th>
              <th scope="col">Killed process (kill -9)</th>
              <th scope="col">System crash, power cut</th>
              <th scope="col">Price</th>
            </tr>
          </thead>
          <tbody>
            {choices.map(choice => (
              <ChoiceRow key={choice.name} choice={choice} isOn={choice.isOn === status.durableAcks} onChoose={() => void choose(choice.isOn)} />
            ))}
          </tbody>
        </table>
        {state.is === 'failed' ? <ErrorNote title="The setting has not changed" failure={state.failure} /> : null}
        {status.ownFlushTopicCount > 0 ? (
          <p className={styles.note}>
            {plural(status.ownFlushTopicCount, 'topic')} {status.ownFlushTopicCount === 1 ? 'sets' : 'set'} flush.messages and {status.ownFlushTopicCount === 1 ? 'keeps' : 'keep'} what it says.
          </p>
        ) : null}
      </div>
    </Section>
  )
}

function ChoiceRow({ choice, isOn, onChoose }: { readonly choice: Choice; readonly isOn: boolean; readonly onChoose: () => void }) {
  const id = useId()
  return (
    <tr data-chosen={isOn || undefined}>
      <th scope="row">
        <div className={styles.choice}>
          <Radio name="durability" id={id} describedBy={`${id}-note`} isOn={isOn} onChange={onChoose} />
          <label htmlFor={id} className={styles.name}>
            {choice.name}
          </label>
          {choice.isOn ? null : <Badge tone="line">default</Badge>}
        </div>
        <p id={`${id}-note`} className={styles.effect}>
          {choice.note}
        </p>
      </th>
      <td>
        <FateWords fate={choice.killed} />
      </td>
      <td>
        <FateWords fate={choice.crashed} />
      </td>
      <td>{choice.price}</td>
    </tr>
  )
}

function FateWords({ fate: { tone, icon, words } }: { readonly fate: Fate }): ReactNode {
  return (
    <span className={styles.fate}>
      <span className={text[tone]}>
        <Icon name={icon} size="small" />
      </span>
      {words}
    </span>
  )
}
