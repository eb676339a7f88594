/** The client matrix: librdkafka as Debian has it. */

import { describeMatrix } from '../support/clients-matrix.ts'
import { cMatrix } from '../support/clients-matrix-c.ts'

await describeMatrix(...cMatrix)
