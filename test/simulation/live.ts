/** One life from one seed: what became of it, and how to see it again. */

import { scenarios } from './scenarios.ts'
import { World } from './world.ts'

export type Outcome = { readonly scenario: string; readonly seed: number; readonly hash: string; readonly history: readonly string[]; readonly failure: unknown }

export async function live(scenario: string, seed: number): Promise<Outcome> {
  const run = scenarios[scenario]
  if (!run) throw new Error(`there is no scenario ${scenario}; there are ${Object.keys(scenarios).join(', ')}`)
  const world = new World(seed)
  let failure: unknown
  try {
    await world.run(() => run(world))
  } catch (cause) {
    failure = cause
    world.note(`FAILED ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  return { scenario, seed, hash: world.hash, history: world.history, failure }
}

export function replayCommand({ scenario, seed }: { readonly scenario: string; readonly seed: number }): string {
  return `npm run simulate -- --scenario ${scenario} --from ${seed} --seeds 1`
}
