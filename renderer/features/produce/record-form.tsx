/** The fields of a record: where it goes, key, value, headers, time. */

import { useId, type ReactNode } from 'react'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { formatCount, plural } from '../../format/figures.ts'
import { formatIso } from '../../format/time.ts'
import { Button, IconButton, Segments } from '../../ui/button.tsx'
import { classNames } from '../../ui/class-names.ts'
import { Icon } from '../../ui/icons.tsx'
import { Checkbox, Input, TextArea } from '../../ui/input.tsx'
import { Section } from '../../ui/page.tsx'
import { Select } from '../../ui/select.tsx'
import { text } from '../../ui/text.tsx'
import { checkValue, chooseTopic, typeKey, type Draft, type HeaderDraft, type KeyDraft, type Problems, type ValueDraft } from './produce-state.ts'
import { nextId } from './produce-store.ts'
import styles from './record-form.module.css'

type FormProps = {
  readonly draft: Draft
  readonly topics: readonly TopicRow[]
  /** The draft's topic does not exist yet. */
  readonly isNew: boolean
  readonly problems: Problems
  readonly onChange: (part: Partial<Draft>) => void
}

export function RecordForm(props: FormProps) {
  const { draft, problems, onChange } = props
  return (
    <>
      <div className={styles.rows}>
        <Target {...props} />
        <KeyField value={draft.key} problem={problems.key} onChange={key => onChange({ key })} />
        <TimeField time={draft.time} problem={problems.time} onChange={time => onChange({ time })} />
      </div>
      <ValueField value={draft.value} onChange={value => onChange({ value })} />
      <Headers headers={draft.headers} problems={problems.headers} onChange={headers => onChange({ headers })} />
    </>
  )
}

/** A label at the left, controls and what is to say about them at the right. */
function Row({ label, id, note, problem, children }: {
  readonly label: string
  readonly id: string
  readonly note?: string | null
  readonly problem?: string | null
  readonly children: ReactNode
}) {
  return (
    <>
      <label className={styles.label} htmlFor={id}>{label}</label>
      <div>
        <div className={styles.line}>{children}</div>
        {problem ?? note ? <div id={`${id}-note`} className={classNames(styles.note, problem && styles.wrong)} aria-live="polite">{problem ?? note}</div> : null}
      </div>
    </>
  )
}

function Target({ draft, topics, isNew, problems, onChange }: FormProps) {
  const id = useId()
  const own = topics.filter(topic => !topic.isInternal).toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
  const chosen = topics.find(topic => topic.topic === draft.topic)
  const isWrong = draft.topic !== '' && problems.topic !== null
  const partitions = [
    { value: 'auto', label: draft.key.isNull ? 'in turn' : 'by key' },
    ...Array.from({ length: chosen?.partitionCount ?? 0 }, (_, index) => ({ value: String(index), label: String(index) })),
  ]
  return (
    <Row label="Topic" id={id} problem={isWrong ? problems.topic : null} note={isNew ? 'New: it is created when the record is sent' : null}>
      <Input
        id={id}
        className={styles.topic ?? ''}
        list={`${id}-topics`}
        value={draft.topic}
        placeholder={own[0]?.topic ?? 'orders'}
        isWrong={isWrong}
        isMono
        aria-describedby={`${id}-note`}
        onChange={topic => onChange(chooseTopic(draft, topic, topics))}
      />
      <datalist id={`${id}-topics`}>
        {own.map(({ topic, partitionCount }) => <option key={topic} value={topic}>{plural(partitionCount, 'partition')}</option>)}
      </datalist>
      <Select
        aria-label="Partition"
        lead="Partition"
        className={styles.short ?? ''}
        value={draft.partition === null ? 'auto' : String(draft.partition)}
        options={partitions}
        onChange={partition => onChange({ partition: partition === 'auto' ? null : Number(partition) })}
      />
    </Row>
  )
}

function KeyField({ value, problem, onChange }: { readonly value: KeyDraft; readonly problem: string | null; readonly onChange: (key: KeyDraft) => void }) {
  const id = useId()
  const note = value.isNull ? null : value.text === '' ? 'An empty key, 0 B' : null
  return (
    <Row label="Key" id={id} problem={problem} note={note}>
      <Input
        id={id}
        className={styles.wide ?? ''}
        value={value.isNull ? '' : value.text}
        placeholder={value.isNull ? 'null' : ''}
        isWrong={problem !== null}
        isMono
        aria-describedby={`${id}-note`}
        onChange={typed => onChange(typeKey(value, typed))}
      />
      <Segments label="Key as" value={value.mode} options={keyModes} onChange={mode => onChange({ ...value, mode })} />
      <Checkbox isOn={value.isNull} onChange={isNull => onChange({ ...value, isNull })} tip="A null key: the record goes to the partitions in turn">
        No key
      </Checkbox>
    </Row>
  )
}

const keyModes = [{ value: 'text', label: 'Text' }, { value: 'hex', label: 'Hex' }] as const
const valueModes = [{ value: 'json', label: 'JSON' }, { value: 'text', label: 'Text' }, { value: 'hex', label: 'Hex' }] as const
const times = [{ value: 'now', label: 'now' }, { value: 'fixed', label: 'fixed' }] as const

function TimeField({ time, problem, onChange }: { readonly time: string | null; readonly problem: string | null; readonly onChange: (time: string | null) => void }) {
  const id = useId()
  return (
    <Row label="Time" id={id} problem={problem}>
      <Select
        id={id}
        className={styles.short ?? ''}
        value={time === null ? 'now' : 'fixed'}
        options={times}
        onChange={choice => onChange(choice === 'now' ? null : formatIso(Date.now()))}
      />
      {time === null ? null : (
        <Input className={styles.wide ?? ''} aria-label="Fixed time" aria-describedby={`${id}-note`} value={time} isWrong={problem !== null} isMono onChange={onChange} />
      )}
    </Row>
  )
}

function ValueField({ value, onChange }: { readonly value: ValueDraft; readonly onChange: (value: ValueDraft) => void }) {
  const check = checkValue(value)
  return (
    <Section
      title="Value"
      hasRule
      aside={
        <>
          <Checkbox isOn={value.isNull} onChange={isNull => onChange({ ...value, isNull })} tip="A null value">
            Tombstone
          </Checkbox>
          <Segments label="Value as" size="small" value={value.mode} options={valueModes} onChange={mode => onChange({ ...value, mode })} />
        </>
      }
    >
      <div className={styles.value}>
        <TextArea
          className={styles.area}
          aria-label="Value"
          value={value.isNull ? '' : value.text}
          placeholder={value.isNull ? 'null' : ''}
          disabled={value.isNull}
          isWrong={check.tone === 'bad'}
          onChange={typed => onChange({ ...value, text: typed })}
        />
        <div className={styles.check} aria-live="polite">
          {check.tone === 'plain' ? null : <span className={text[check.tone]}><Icon name={check.tone === 'good' ? 'check' : 'warning'} size="small" /></span>}
          <span className={check.tone === 'bad' ? text['bad'] : undefined}>{check.text}</span>
        </div>
      </div>
    </Section>
  )
}

function Headers({ headers, problems, onChange }: {
  readonly headers: readonly HeaderDraft[]
  readonly problems: Problems['headers']
  readonly onChange: (headers: readonly HeaderDraft[]) => void
}) {
  const put = (changed: HeaderDraft): void => onChange(headers.map(header => (header.id === changed.id ? changed : header)))
  return (
    <Section
      title="Headers"
      note={formatCount(headers.length)}
      hasRule
      aside={
        <Button kind="quiet" size="small" icon="plus" onClick={() => onChange([...headers, { id: nextId(), name: '', text: '', isNull: false }])}>
          Add header
        </Button>
      }
    >
      {headers.length === 0 ? <p className={styles.none}>None</p> : null}
      <div className={styles.headers}>
        {headers.map((header, index) => (
          <div key={header.id} className={styles.headerRow}>
            <Input
              aria-label={`Name of header ${index + 1}`}
              placeholder="trace-id"
              value={header.name}
              isMono
              isWrong={problems.has(header.id) && header.text !== ''}
              autoFocus={header.name === '' && header.text === ''}
              onChange={name => put({ ...header, name })}
            />
            <Input
              aria-label={`Value of header ${index + 1}`}
              placeholder={header.isNull ? 'null' : '0 B'}
              value={header.isNull ? '' : header.text}
              isMono
              onChange={typed => put({ ...header, text: typed, isNull: false })}
            />
            <Checkbox isOn={header.isNull} onChange={isNull => put({ ...header, isNull })}>null</Checkbox>
            <IconButton icon="close" label={`Remove header ${index + 1}`} size="small" onClick={() => onChange(headers.filter(({ id }) => id !== header.id))} />
          </div>
        ))}
      </div>
    </Section>
  )
}
