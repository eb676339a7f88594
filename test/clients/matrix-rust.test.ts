/** The client matrix: libraries of Rust. */

import { describeMatrix } from '../support/clients-matrix.ts'
import { rustMatrix } from '../support/clients-matrix-rust.ts'

await describeMatrix(...rustMatrix)
