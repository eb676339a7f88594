/** Every client of the matrix: what docs/clients.md must have a row of. */

import type { MatrixClient } from './clients-matrix.ts'
import { cMatrix } from './clients-matrix-c.ts'
import { javaMatrix } from './clients-matrix-java.ts'
import { goMatrix } from './clients-matrix-go.ts'
import { nodeMatrix } from './clients-matrix-node.ts'
import { pythonMatrix } from './clients-matrix-python.ts'
import { rustMatrix } from './clients-matrix-rust.ts'

export const matrixClients: readonly MatrixClient[] = [
  ...cMatrix,
  ...javaMatrix,
  ...goMatrix,
  ...nodeMatrix,
  ...pythonMatrix,
  ...rustMatrix,
]
