#!/usr/bin/env node
/** The command line from a clone: builds what is missing, then is `dist/app/millrace.js` in this same process. */

import './on-node-24.mjs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildIfNeeded } from './build.mjs'
import { appFolder } from './places.mjs'

buildIfNeeded({ isQuiet: true })
const program = join(appFolder, 'millrace.js')
process.argv[1] = program
await import(pathToFileURL(program).href)
