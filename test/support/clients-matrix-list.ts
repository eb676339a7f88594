/** Every client of the matrix: what docs/clients.md must have a row of. */

import type { MatrixClient } from './clients-matrix.ts'

export const matrixClients: readonly MatrixClient[] = [
]
