/** The client matrix: libraries of Go. */

import { describeMatrix } from '../support/clients-matrix.ts'
import { goMatrix } from '../support/clients-matrix-go.ts'

await describeMatrix(...goMatrix)
