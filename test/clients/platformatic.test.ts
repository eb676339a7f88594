/** @platformatic/kafka against the broker. */

import { platformaticDriver } from '../support/clients-platformatic.ts'
import { describeClient } from '../support/clients-suite.ts'

describeClient(platformaticDriver)
