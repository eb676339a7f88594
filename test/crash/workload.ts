/** What a crash loop puts on the broker. One more kind of load is one more of these. */

export interface Workload {
  /** Once, on a running broker: topics, connections. */
  prepare(): Promise<void>
  /** Load goes on, through kills and restarts, until `pause`. */
  resume(): void
  /** No new load; resolves when all that was under way has its answer. Needs a broker that serves. */
  pause(): Promise<void>
  /** Everything acknowledged is there: what is wrong, a sentence each. `isWhole`: look at everything again, not only at what is new. */
  check(isWhole: boolean): Promise<readonly string[]>
  stop(): Promise<void>
}

export type Address = { readonly host: string; readonly port: number }
