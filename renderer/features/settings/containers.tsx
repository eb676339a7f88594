/** May clients in containers connect? One switch with who else can connect then, and the lines to copy for each way of running them. */

import { useState } from 'react'
import type { ContainerAccess } from '../../../core/studio/contract/containers.ts'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import { latest } from '../../studio/live.ts'
import { useCall } from '../../studio/use-call.ts'
import { useStream } from '../../studio/use-stream.ts'
import { announce } from '../../ui/announcer.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Checkbox, Field, Input } from '../../ui/input.tsx'
import { Section } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { text } from '../../ui/text.tsx'
import { containerSnippets, type ContainerSnippet } from './container-snippets.ts'
import { asPort, openedBy, wantedOf, type WantedAddress } from './containers-state.ts'
import { Machines, OpenToContainers } from './open-to-containers.tsx'
import styles from './containers.module.css'

const containersStream = latest<Readonly<Record<string, never>>, ContainerAccess>('local.containers', (client, input, handlers) =>
  client.local.containers.subscribe(input, handlers),
)

export function Containers({ status }: { readonly status: LocalStatus }) {
  const live = useStream(containersStream, {})
  if (live.is !== 'here') return null
  const note = live.value.isForThisRun ? 'asked for on the command line: for this run' : 'applies at once, and after every start'
  return (
    <Section title="Containers" note={note} hasRule>
      <Access access={live.value} status={status} />
    </Section>
  )
}

function Access({ access, status }: { readonly access: ContainerAccess; readonly status: LocalStatus }) {
  const { run, state } = useCall(client => client.local.setContainers)
  const [edited, setEdited] = useState<WantedAddress | null>(null)
  const [isAsking, setAsking] = useState(false)
  const wanted = edited ?? wantedOf(access)
  const isBusy = state.is === 'busy'
  const set = async (isOn: boolean): Promise<void> => {
    if (isBusy) return
    const result = await run({ isOn, host: wanted.host.trim(), port: asPort(wanted.port) })
    setAsking(false)
    if (!result.ok) return
    setEdited(null)
    announce(isOn ? 'Containers can connect' : 'Containers can no longer connect')
  }
  const isServing = access.isOn && access.problem === null
  return (
    <div className={styles.containers} aria-busy={isBusy}>
      <div className={styles.switch}>
        <Checkbox isOn={access.isOn} onChange={isOn => (isOn ? setAsking(true) : void set(false))}>
          Reachable from containers
        </Checkbox>
        <p className={styles.effect}>
          Off: only programs on this computer connect. On: a second listener, for clients in Docker, WSL and Testcontainers, which are told this computer by a name that they know.
        </p>
      </div>
      <AddressForm access={access} wanted={wanted} isEdited={edited !== null} isBusy={isBusy} onEdit={setEdited} onApply={() => setAsking(true)} />
      {state.is === 'failed' ? <ErrorNote title={access.isOn ? 'The setting has not changed' : 'Containers cannot connect'} failure={state.failure} /> : null}
      {access.problem !== null && state.is !== 'failed' ? (
        <ErrorNote
          title="It is on, and containers cannot connect"
          failure={{ code: 'UNAVAILABLE', message: `${access.problem[0]?.toUpperCase() ?? ''}${access.problem.slice(1)}. Everything else works.` }}
          action={<Button onClick={() => void set(true)} isBusy={isBusy}>Try again</Button>}
        />
      ) : null}
      {isServing ? <Opened access={access} /> : null}
      {isServing ? <Lines access={access} status={status} /> : null}
      {isAsking ? (
        <OpenToContainers wanted={wanted} access={access} isBusy={isBusy} onConfirm={() => void set(true)} onClose={() => setAsking(false)} />
      ) : null}
    </div>
  )
}

function AddressForm({ access, wanted, isEdited, isBusy, onEdit, onApply }: {
  readonly access: ContainerAccess
  readonly wanted: WantedAddress
  readonly isEdited: boolean
  readonly isBusy: boolean
  readonly onEdit: (wanted: WantedAddress) => void
  readonly onApply: () => void
}) {
  const isPortWrong = wanted.port !== '' && asPort(wanted.port) === null
  return (
    <form
      className={styles.address}
      onSubmit={event => {
        event.preventDefault()
        if (access.isOn && isEdited && !isPortWrong && !isBusy) onApply()
      }}
    >
      <Field label="Name of this computer in containers" hint="Or one of its addresses: then it listens on that only.">
        {control => <Input {...control} value={wanted.host} onChange={host => onEdit({ ...wanted, host })} isMono />}
      </Field>
      <Field label="Port" hint={wanted.port === '' ? 'Empty: the next free one.' : ''} error={isPortWrong ? '1 to 65535' : null}>
        {control => (
          <Input {...control} className={styles.port} inputMode="numeric" placeholder="29092" value={wanted.port} isWrong={isPortWrong} isMono onChange={port => onEdit({ ...wanted, port })} />
        )}
      </Field>
      {access.isOn ? (
        <Button type="submit" isBusy={isBusy} disabledReason={isPortWrong ? 'The port is no number up to 65535' : isEdited ? null : 'Nothing has changed'}>
          Apply
        </Button>
      ) : null}
    </form>
  )
}

/** Who can connect now. */
function Opened({ access }: { readonly access: ContainerAccess }) {
  return (
    <div className={styles.open}>
      <p className={styles.openHead}>
        <span className={text.warn}>
          <Icon name="warning" />
        </span>
        Every machine that reaches one of these addresses can connect, read, write and delete: Local has no authentication.
      </p>
      <Machines addresses={openedBy(access.host, access)} />
      <p>
        Containers connect to <b className={text.mono}>{access.addresses.join(', ')}</b>
        <CopyButton text={access.addresses.join(',')} label="Copy addresses for containers" />
      </p>
    </div>
  )
}

function Lines({ access, status }: { readonly access: ContainerAccess; readonly status: LocalStatus }) {
  const [chosen, setChosen] = useState<ContainerSnippet['id']>('compose')
  const snippets = containerSnippets({ host: access.host, port: access.port ?? 0, localAddress: status.address })
  const snippet = snippets.find(({ id }) => id === chosen)
  return (
    <div>
      <Tabs label="How containers connect" isTight panelId="container-lines" tabs={snippets.map(({ id, label }) => ({ id, label }))} chosen={chosen} onChoose={setChosen} />
      <div id="container-lines" role="tabpanel" aria-label={snippet?.label} className={styles.panel}>
        {snippet?.blocks.map(({ title, note, code }) => (
          <div key={title} className={styles.block}>
            <p className={styles.note}>{note}</p>
            <CodeBlock title={title} code={code} />
          </div>
        ))}
      </div>
    </div>
  )
}
