/** The `millrace` command. */

import { enableCompileCache } from 'node:module'
import { parseCommand, usage } from './arguments.ts'

// Node 22 and newer keep compiled code between starts; older ones (Electron 33) do without.
if (typeof enableCompileCache === 'function') enableCompileCache()

const command = parseCommand(process.argv.slice(2))
run().then(
  code => process.exit(code),
  (cause: unknown) => {
    process.stderr.write(`millrace: ${cause instanceof Error ? cause.message : String(cause)}\n`)
    process.exit(1)
  },
)

async function run(): Promise<number> {
  switch (command.is) {
    case 'serve':
      return (await import('./serve.ts')).serve(command.options)
    case 'import':
      return (await import('./import.ts')).importLogs(command.options)
    case 'help':
      process.stdout.write(usage)
      return 0
    case 'version':
      process.stdout.write(`millrace ${(await import('./version.ts')).productVersion()}\n`)
      return 0
    case 'wrong':
      process.stderr.write(`millrace: ${command.problem}\nmillrace help lists commands and options.\n`)
      return 2
  }
}
