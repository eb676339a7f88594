/** A place is a value: one union of every screen that exists, printed to and parsed from the hash of the page and millrace:// links. */

export type TopicTab = 'messages' | 'partitions' | 'groups' | 'config'
export type GroupTab = 'lag' | 'members'
/** Where Messages starts to read: an end, an offset (digits) or a time (ms since the epoch, digits). */
export type MessagesFrom = 'start' | 'end' | `offset-${string}` | `time-${string}`

export type Place =
  | { readonly at: 'overview' }
  | { readonly at: 'connect' }
  | { readonly at: 'topics' }
  | {
      readonly at: 'topic'
      readonly topic: string
      readonly tab: TopicTab
      /** One partition only. */
      readonly partition?: number
      /** A record to select, in `partition`: digits, as an offset may be beyond 2^53. */
      readonly offset?: string
      readonly from?: MessagesFrom
    }
  | { readonly at: 'groups' }
  | { readonly at: 'group'; readonly group: string; readonly tab: GroupTab }
  | { readonly at: 'transactions' }
  | { readonly at: 'transaction'; readonly transactionalId: string }
  | { readonly at: 'brokers' }
  | { readonly at: 'produce'; readonly topic?: string }
  | { readonly at: 'settings' }

export const LINK_SCHEME = 'millrace:'

/** `/topic/orders/messages?partition=0`: the path of a place, the same in the hash and in a link. */
export function printPlace(place: Place): string {
  switch (place.at) {
    case 'overview':
      return '/'
    case 'connect':
    case 'topics':
    case 'groups':
    case 'transactions':
    case 'brokers':
    case 'settings':
      return `/${place.at}`
    case 'transaction':
      return `/transactions/${encodeURIComponent(place.transactionalId)}`
    case 'topic': {
      const { topic, tab, partition, offset, from } = place
      return `/topic/${encodeURIComponent(topic)}/${tab}${printQuery({ partition, offset, from })}`
    }
    case 'group':
      return `/groups/${encodeURIComponent(place.group)}/${place.tab}`
    case 'produce':
      return `/produce${printQuery({ topic: place.topic })}`
    default:
      return place satisfies never
  }
}

/** What an <a> takes. */
export function hrefOf(place: Place): string {
  return `#${printPlace(place)}`
}

/** A link that opens the app at this place: `millrace://topic/orders/messages?partition=0`. */
export function linkOf(place: Place): string {
  return `${LINK_SCHEME}//${printPlace(place).slice(1)}`
}

/** The place of a path, a hash or a millrace:// link; null when it names none. A topic without a tab opens Messages. */
export function parsePlace(text: string): Place | null {
  const path = text.replace(/^#/, '').replace(/^millrace:\/*/i, '/')
  const [route = '', query = ''] = path.split(/\?(.*)/s)
  const parts = decodeParts(route)
  if (!parts) return null
  const [first, second, third] = parts
  const values = new URLSearchParams(query)
  switch (first) {
    case undefined:
    case 'overview':
      return { at: 'overview' }
    case 'connect':
    case 'topics':
    case 'brokers':
    case 'settings':
      return second === undefined ? { at: first } : null
    case 'produce':
      return { at: 'produce', ...given({ topic: values.get('topic') ?? undefined }) }
    case 'topic':
      return second ? parseTopic(second, third, values) : null
    case 'transactions':
      return second === undefined ? { at: 'transactions' } : third === undefined ? { at: 'transaction', transactionalId: second } : null
    case 'groups':
      return second ? parseGroup(second, third) : { at: 'groups' }
    default:
      return null
  }
}

function parseTopic(topic: string, tab: string | undefined, values: URLSearchParams): Place | null {
  const known = ['messages', 'partitions', 'groups', 'config'].find((name): name is TopicTab => name === tab)
  if (tab !== undefined && !known) return null
  const digits = (name: string): string | undefined => /^\d{1,19}$/.exec(values.get(name) ?? '')?.[0]
  const partition = digits('partition')
  // The pattern is the type.
  const from = /^(start|end|(offset|time)-\d{1,19})$/.exec(values.get('from') ?? '')?.[0] as MessagesFrom | undefined
  return {
    at: 'topic',
    topic,
    tab: known ?? 'messages',
    ...given({ partition: partition === undefined ? undefined : Number(partition), offset: digits('offset'), from }),
  }
}

function parseGroup(group: string, tab: string | undefined): Place | null {
  const known = ['lag', 'members'].find((name): name is GroupTab => name === tab)
  return tab === undefined || known ? { at: 'group', group, tab: known ?? 'lag' } : null
}

/** Decoded path parts; null when one is not valid percent-encoding. */
function decodeParts(route: string): string[] | null {
  try {
    return route.split('/').filter(Boolean).map(decodeURIComponent)
  } catch {
    return null
  }
}

function printQuery(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  return query.size > 0 ? `?${query}` : ''
}

/** The properties that are there: an optional property is absent, never undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** Which entry of the sidebar a place belongs to. */
export function destinationOf(place: Place): Place['at'] {
  switch (place.at) {
    case 'topic':
      return 'topics'
    case 'group':
      return 'groups'
    case 'transaction':
      return 'transactions'
    default:
      return place.at
  }
}

/** The title of a window at this place, before ` · Local · Millrace`. */
export function titleOf(place: Place): string {
  switch (place.at) {
    case 'overview':
      return 'Overview'
    case 'connect':
      return 'Connect'
    case 'topics':
      return 'Topics'
    case 'topic':
      return place.topic
    case 'groups':
      return 'Groups'
    case 'group':
      return place.group
    case 'transactions':
      return 'Transactions'
    case 'transaction':
      return place.transactionalId
    case 'brokers':
      return 'Brokers'
    case 'produce':
      return 'Produce'
    case 'settings':
      return 'Settings'
    default:
      return place satisfies never
  }
}
