/** The lives of scenario `transactions`: see lives/. */

import { testLives } from './seeds.ts'

testLives('transactions', 75)
