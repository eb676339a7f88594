/** The lives of scenario `log`: see lives/. */

import { testLives } from './seeds.ts'

testLives('log', 550)
