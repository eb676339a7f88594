/** confluent-kafka for Python against the broker. */

import { pythonEnvironment } from '../support/clients-matrix-python.ts'
import { pythonDriver } from '../support/clients-python.ts'
import { describeClient } from '../support/clients-suite.ts'
import { testWithMade } from '../support/clients-tools.ts'

describeClient(pythonDriver, await testWithMade(pythonEnvironment, 'python'))
