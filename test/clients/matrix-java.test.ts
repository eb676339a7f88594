/** The client matrix: Apache Kafka's own Java client. */

import { describeMatrix } from '../support/clients-matrix.ts'
import { javaMatrix } from '../support/clients-matrix-java.ts'

await describeMatrix(...javaMatrix)
