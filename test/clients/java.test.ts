/** Apache Kafka's Java client against the broker, idempotent as by default. */

import { javaDriver } from '../support/clients-java.ts'
import { describeClient } from '../support/clients-suite.ts'
import { testWith } from '../support/clients-tools.ts'

describeClient(javaDriver, testWith('java', 'maven'))
