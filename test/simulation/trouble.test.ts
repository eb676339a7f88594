/** The lives of scenario `trouble`: see lives/. */

import { testLives } from './seeds.ts'

testLives('trouble', 120)
