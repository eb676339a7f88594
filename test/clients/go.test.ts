/** franz-go against the broker. */

import { goClient, goDriver } from '../support/clients-go.ts'
import { describeClient } from '../support/clients-suite.ts'
import { testWithMade } from '../support/clients-tools.ts'

describeClient(goDriver, await testWithMade(goClient, 'go'))
