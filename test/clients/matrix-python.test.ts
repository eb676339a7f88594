/** The client matrix: libraries of Python. */

import { describeMatrix } from '../support/clients-matrix.ts'
import { pythonMatrix } from '../support/clients-matrix-python.ts'

await describeMatrix(...pythonMatrix)
