/** confluent-kafka for Python against the broker. */

import { pythonDriver, pythonEnvironment } from '../support/clients-python.ts'
import { describeClient } from '../support/clients-suite.ts'
import { testWithMade } from '../support/clients-tools.ts'

describeClient(pythonDriver, await testWithMade(pythonEnvironment, 'python'))
