/** Runs a call of the contract from a component and keeps what became of it. */

import { useCallback, useEffect, useRef, useState } from 'react'
import type { StudioFailure } from '../../core/studio/contract/contract.ts'
import { StudioError } from '../../core/studio/rpc/studio-error.ts'
import type { StudioClient } from './connect.ts'
import { useStudio } from './context.tsx'

export type CallState<Output> =
  | { readonly is: 'idle' }
  | { readonly is: 'busy' }
  | { readonly is: 'done'; readonly output: Output }
  | { readonly is: 'failed'; readonly failure: StudioFailure }

export type CallResult<Output> = { readonly ok: true; readonly output: Output } | { readonly ok: false; readonly failure: StudioFailure }

/**
 * `const create = useCall(client => client.topics.create)`; then `create.run(input)`, `create.state`. `run` resolves with the result and
 * never rejects. Of runs that overlap, the state is that of the last.
 */
export function useCall<Input, Output>(method: (client: StudioClient) => (input: Input) => Promise<Output>) {
  const { link } = useStudio()
  const [state, setState] = useState<CallState<Output>>({ is: 'idle' })
  const last = useRef(0)
  const chosen = useRef(method)
  useEffect(() => {
    chosen.current = method
  }, [method])
  useEffect(
    () => () => {
      last.current = -1
    },
    [],
  )
  const run = useCallback(
    async (input: Input): Promise<CallResult<Output>> => {
      const turn = ++last.current
      setState({ is: 'busy' })
      const connection = link.state
      const result = connection.is === 'connected' ? await settle(chosen.current(connection.client)(input)) : offline
      if (turn === last.current) setState(result.ok ? { is: 'done', output: result.output } : { is: 'failed', failure: result.failure })
      return result
    },
    [link],
  )
  const reset = useCallback(() => {
    last.current++
    setState({ is: 'idle' })
  }, [])
  return { run, reset, state }
}

const offline = {
  ok: false,
  failure: { code: 'DISCONNECTED', message: 'The engine is not connected; the window connects again by itself.' },
} as const

/** A call's promise as a value: a failure of the contract is an answer; anything else is a bug and stays one. */
export async function settle<Output>(promise: Promise<Output>): Promise<CallResult<Output>> {
  try {
    return { ok: true, output: await promise }
  } catch (error) {
    if (error instanceof StudioError) return { ok: false, failure: { code: error.code, message: error.message } }
    throw error
  }
}
