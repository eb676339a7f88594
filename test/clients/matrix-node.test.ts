/** The client matrix: libraries of Node.js. */

import { describeMatrix } from '../support/clients-matrix.ts'
import { nodeMatrix } from '../support/clients-matrix-node.ts'

await describeMatrix(...nodeMatrix)
