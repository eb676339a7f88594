/** kafkajs against the broker. */

import { describeClient } from '../support/clients-suite.ts'
import { kafkajsDriver } from '../support/clients-kafkajs.ts'

describeClient(kafkajsDriver)
