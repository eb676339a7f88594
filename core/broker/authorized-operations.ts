/** What a client may do with a resource, as Kafka's bit fields (KIP-430): everything, since there is no authorizer. */

/** Bits are AclOperation codes. */
const operations = (...codes: number[]): number => codes.reduce((bits, code) => bits | (1 << code), 0)

const [READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]

export const TOPIC_OPERATIONS = operations(READ, WRITE, CREATE, DELETE, ALTER, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS)
export const CLUSTER_OPERATIONS = operations(CREATE, ALTER, DESCRIBE, CLUSTER_ACTION, DESCRIBE_CONFIGS, ALTER_CONFIGS, IDEMPOTENT_WRITE)
export const GROUP_OPERATIONS = operations(READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS)
/** The answer to a request that did not ask. */
export const NOT_ASKED = -2_147_483_648
