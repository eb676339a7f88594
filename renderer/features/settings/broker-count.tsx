/** How many brokers is Local made of? Chosen here for the app; where the command line says it, told. */

import { useId } from 'react'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { plural } from '../../format/figures.ts'
import { hrefOf } from '../../places.ts'
import { useCall } from '../../studio/use-call.ts'
import { announce } from '../../ui/announcer.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Section } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { text } from '../../ui/text.tsx'
import styles from './settings-page.module.css'

const counts = Array.from({ length: 9 }, (_, at) => ({ value: String(at + 1), label: plural(at + 1, 'broker') }))

export function BrokerCount({ status }: { readonly status: LocalStatus }) {
  const { brokerCount, nextBrokerCount } = status
  const { run, state } = useCall(client => client.local.chooseBrokerCount)
  const id = useId()
  if (nextBrokerCount === null) return null
  const choose = async (count: number): Promise<void> => {
    const result = await run({ count })
    if (result.ok) announce(count === brokerCount ? `It stays ${plural(count, 'broker')}` : `${plural(count, 'broker')} after a restart`)
  }
  return (
    <Section title="Brokers" note="applies at the next start" hasRule>
      <div className={styles.line}>
        <div>
          <p className={styles.name}>
            <label htmlFor={id}>Number of brokers</label>
          </p>
          <p className={styles.effect}>
            More than one is a simulated cluster over one store, on ports from the first one on: replication factors up to their number, leaders that move,
            brokers to stop and start under <a className={text['accent']} href={hrefOf({ at: 'brokers' })}>Brokers</a>. Topics keep what they have.
          </p>
          {nextBrokerCount === brokerCount ? null : (
            <p className={text['warn']} role="status">
              Now {plural(brokerCount, 'broker')}; {plural(nextBrokerCount, 'broker')} when Millrace is started again.
            </p>
          )}
          {state.is === 'failed' ? <ErrorNote title="The number has not changed" failure={state.failure} /> : null}
        </div>
        <Select id={id} value={String(nextBrokerCount)} options={counts} onChange={value => void choose(Number(value))} />
      </div>
    </Section>
  )
}
