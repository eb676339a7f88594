/** The lives of scenario `broker`: see lives/. */

import { testLives } from './seeds.ts'

testLives('broker', 120)
