/** The whole of the selected record; while another is on its way the last one stays. */

import { useEffect, useState } from 'react'
import type { MessageDetail } from '../../../core/studio/contract/messages.ts'
import { useClient } from '../../studio/context.tsx'
import { settle, type CallResult } from '../../studio/use-call.ts'

/** Bytes of a key or value taken at first, and at most: a value that is larger is decoded so far. */
export const PREVIEW_BYTES = 256 * 1024
export const WHOLE_BYTES_MAX = 10 * 1024 * 1024

export type RecordId = { readonly topic: string; readonly partition: number; readonly offset: bigint }
export type ReadRecord = { readonly of: RecordId; readonly result: CallResult<MessageDetail> }

export function useRecord(id: RecordId, bytesMax: number): ReadRecord | null {
  const client = useClient()
  const [read, setRead] = useState<ReadRecord | null>(null)
  const { topic, partition, offset } = id
  useEffect(() => {
    if (!client) return undefined
    let isStale = false
    const load = async (): Promise<void> => {
      const result = await settle(client.messages.record({ topic, partition, offset, bytesMax }))
      if (!isStale) setRead({ of: { topic, partition, offset }, result })
    }
    void load()
    return () => {
      isStale = true
    }
  }, [client, topic, partition, offset, bytesMax])
  return read
}
