/** What do I send, and did it arrive? One record, written by hand; the answer stands where it was sent. */

import { useCallback, useEffect, useMemo, useRef } from 'react'
import type { LocalStatus } from '../../../core/studio/contract/local.ts'
import type { TopicRow } from '../../../core/studio/contract/topics.ts'
import { keysOf, useCommands, type Command } from '../../commands.ts'
import { formatOffset } from '../../format/text.ts'
import { formatDuration, formatTime } from '../../format/time.ts'
import { PortBanner } from '../../frame/port-banner.tsx'
import { useNow } from '../../now.ts'
import { hrefOf } from '../../places.ts'
import { statusStream, topicsStream } from '../../studio/streams.ts'
import { useCall, type CallState } from '../../studio/use-call.ts'
import { useStream, useStreamSlice } from '../../studio/use-stream.ts'
import { Button } from '../../ui/button.tsx'
import { CodeBlock } from '../../ui/code-block.tsx'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorNote } from '../../ui/error-note.tsx'
import { Icon } from '../../ui/icons.tsx'
import { Page, PageHead, Section } from '../../ui/page.tsx'
import { text } from '../../ui/text.tsx'
import { kcatCommand } from './kcat-command.ts'
import { firstProblem, inputOf, isNewTopic, problemsOf, type Draft, type RecordInput } from './produce-state.ts'
import { addSent, changeDraft, currentDraft, useKept, type Sent } from './produce-store.ts'
import { RecordForm } from './record-form.tsx'
import styles from './produce-page.module.css'

const noTopics: readonly TopicRow[] = []

/** `topic`: what the place asks for; it takes the draft's over. */
export function ProducePage({ topic }: { readonly topic?: string | undefined }) {
  const live = useStream(topicsStream, {})
  const topics = live.is === 'here' ? live.value : noTopics
  const status = useStreamSlice(statusStream, {}, wholeStatus)
  const { draft, sent } = useKept()
  const isNew = live.is === 'here' && isNewTopic(draft.topic, topics)
  const { send, state, problem, reset } = useSend(topics, isNew)
  useEffect(() => {
    if (topic !== undefined && topic !== currentDraft().topic) changeDraft({ topic, partition: null })
  }, [topic])
  const command = useSendCommand(send)
  const address = status?.address ?? '127.0.0.1:9092'
  const keys = keysOf(command)
  const change = (part: Partial<Draft>): void => {
    changeDraft(part)
    if (state.is === 'failed') reset()
  }
  return (
    <Page
      head={
        <PageHead
          title="Produce"
          facts={<Said state={state} sent={sent[0]} />}
          actions={
            <>
              {problem === null ? (
                <CopyButton text={() => kcatCommand(draft, address)} label="Copy as kcat command" size="normal">
                  Copy as kcat
                </CopyButton>
              ) : (
                <Button icon="copy" disabledReason={problem}>Copy as kcat</Button>
              )}
              <Button kind="primary" icon="produce" isBusy={state.is === 'busy'} disabledReason={problem} tip="Send the record" onClick={send}>
                Send{keys === undefined ? null : <span className={styles.keys}>{keys}</span>}
              </Button>
            </>
          }
        />
      }
    >
      {status ? <PortBanner status={status} /> : null}
      {state.is === 'failed' ? <ErrorNote title="The record was not written" failure={state.failure} /> : null}
      <div className={styles.columns}>
        <div className={styles.form}>
          <RecordForm draft={draft} topics={topics} isNew={isNew} problems={problemsOf(draft, topics)} onChange={change} />
        </div>
        <div className={styles.side}>
          <SentList sent={sent} />
          <Section title="The same with kcat" hasRule>
            {problem === null ? (
              <div className={styles.command}>
                <CodeBlock code={kcatCommand(draft, address)} />
              </div>
            ) : (
              <p className={styles.none}>The command stands here once the record can be sent. {problem}.</p>
            )}
          </Section>
        </div>
      </div>
    </Page>
  )
}

type Written = { readonly partition: number; readonly offset: bigint; readonly tookMs: number }

type Sending = { readonly send: () => void; readonly state: CallState<Written>; readonly problem: string | null; readonly reset: () => void }

/** Sends the draft as it is at that moment. A topic that is new is created first, as a client's first write would. */
function useSend(topics: readonly TopicRow[], isNew: boolean): Sending {
  const { draft } = useKept()
  const { run, state, reset } = useCall(client => async (record: RecordInput) => {
    if (isNew) await client.topics.create({ topic: record.topic, partitions: -1 })
    return client.messages.produce(record)
  })
  const problem = firstProblem(problemsOf(draft, topics))
  const isBusy = useRef(false)
  const sendNow = useCallback(async () => {
    const record = inputOf(currentDraft())
    if (isBusy.current || firstProblem(problemsOf(currentDraft(), topics)) !== null) return
    isBusy.current = true
    try {
      const result = await run(record)
      if (result.ok) addSent({ ...result.output, topic: record.topic, at: Date.now() })
    } finally {
      isBusy.current = false
    }
  }, [run, topics])
  const send = useCallback(() => void sendNow(), [sendNow])
  return { send, state, problem, reset }
}

function useSendCommand(send: () => void): Command {
  const command: Command = useMemo(
    () => ({ id: 'produce.send', title: 'Send the record', group: 'Do', icon: 'produce', keys: ['mod+enter'], synonyms: 'produce write', perform: send }),
    [send],
  )
  useCommands(useMemo(() => [command], [command]))
  return command
}

/** Where the last record went, or how the next one will go. */
function Said({ state, sent }: { readonly state: CallState<Written>; readonly sent: Sent | undefined }) {
  return (
    <span role="status" className={styles.said}>
      {state.is === 'done' && sent ? (
        <>
          <span className={text['good']}><Icon name="check" size="small" /></span>
          <SentLink sent={sent} />
          <span>· {formatDuration(sent.tookMs)}</span>
        </>
      ) : (
        <span>one record to <b>Local</b>, as with acks=all</span>
      )}
    </span>
  )
}

function SentLink({ sent: { topic, partition, offset } }: { readonly sent: Sent }) {
  const digits = formatOffset(offset)
  return (
    <a className={text['mono']} href={hrefOf({ at: 'topic', topic, tab: 'messages', partition, offset: digits })}>
      {topic}-{partition} @ {digits}
    </a>
  )
}

function SentList({ sent }: { readonly sent: readonly Sent[] }) {
  const now = useNow(sent.length > 0, 60_000)
  return (
    <Section title="Sent" note="from this window">
      {sent.length === 0 ? (
        <p className={styles.none}>Nothing yet. Each record sent is listed here with where it went.</p>
      ) : (
        <ul className={styles.sent}>
          {sent.map(each => (
            <li key={each.id}>
              <span className={text['t3']}>{formatTime(each.at, now)}</span>
              <span className={text['cut']}><SentLink sent={each} /></span>
              <span className={styles.took}>{formatDuration(each.tookMs)}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function wholeStatus(status: LocalStatus): LocalStatus {
  return status
}
