/** kcat from Debian against the broker. */

import { kcatDriver } from '../support/clients-kcat.ts'
import { describeClient } from '../support/clients-suite.ts'
import { testWith } from '../support/clients-tools.ts'

describeClient(kcatDriver, testWith('kcat'))
