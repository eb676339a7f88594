import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], timeoutMs = 15_000, hookTimeoutMs = 15_000) => ({
  test: {
    name, include, environment: 'node' as const, testTimeout: timeoutMs, hookTimeout: hookTimeoutMs,
    // Patience for a condition to come true on a busy machine; nothing waits longer than it must.
    expect: { poll: { timeout: 12_000 } },
  },
})

/** One project per folder of test/: `npm run check` runs the first three, `npm test` all of them. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      project('architecture', ['test/architecture.test.ts'], 60_000),
      project('unit', ['test/unit/**/*.test.ts']),
      project('protocol', ['test/protocol/**/*.test.ts'], 60_000),
      project('simulation', ['test/simulation/**/*.test.ts'], 120_000),
      project('clients', ['test/clients/**/*.test.ts'], 240_000, 240_000),
      project('ui', ['test/ui/**/*.test.tsx'], 60_000, 60_000),
      project('e2e', ['test/e2e/**/*.test.ts'], 180_000, 180_000),
    ],
  },
})
