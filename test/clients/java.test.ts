/** Apache Kafka's Java client against the broker, idempotent as by default. */

import { javaClientClassPath, javaDriver } from '../support/clients-java.ts'
import { describeClient } from '../support/clients-suite.ts'
import { testWithMade } from '../support/clients-tools.ts'

describeClient(javaDriver, await testWithMade(javaClientClassPath, 'java', 'maven'))
