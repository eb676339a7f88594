/** The lives of scenario `compaction`: see lives/. */

import { testLives } from './seeds.ts'

testLives('compaction', 200)
