/** The lives of scenario `group`: see lives/. */

import { testLives } from './seeds.ts'

testLives('group', 150)
