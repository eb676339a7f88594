/** The lives of scenario `boot`: see lives/. */

import { testLives } from './seeds.ts'

testLives('boot', 150)
