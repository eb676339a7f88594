import { expect, onTestFinished, test, vi } from 'vitest'
import type { Position } from '../../../../../core/studio/contract/messages.ts'
import { MessagesStore, PAGE_ROWS, type Host, type MessagesShown } from '../../../../../renderer/features/messages/messages-store.ts'
import { append, openStudio, type OpenStudio } from '../../../studio/open-studio.ts'

/** A page whose frames come at once, and that can be hidden. */
class Page implements Host {
  #isVisible = true
  #onChange: (() => void) | null = null
  isVisible(): boolean {
    return this.#isVisible
  }
  onVisibility(run: () => void): () => void {
    this.#onChange = run
    return () => (this.#onChange = null)
  }
  frame(run: () => void): void {
    setImmediate(run)
  }
  after(_: number, run: () => void): void {
    setImmediate(run)
  }
  show(isVisible: boolean): void {
    this.#isVisible = isVisible
    this.#onChange?.()
  }
}

function open(studio: OpenStudio, at: Position, page = new Page()): MessagesStore {
  const store = new MessagesStore({ topic: 'orders', partitions: null, at }, page)
  store.start(studio.client)
  onTestFinished(() => store.stop())
  return store
}

const valuesOf = ({ window }: MessagesShown): string[] =>
  (window?.entries ?? []).map(entry =>
    entry.is === 'skipped' ? `${entry.count} skipped` : 'text' in entry.row.value ? entry.row.value.text : entry.row.value.is,
  )
const untilShown = (store: MessagesStore, isRight: (values: string[], shown: MessagesShown) => boolean): Promise<string[]> =>
  vi.waitFor(
    () => {
      const values = valuesOf(store.read())
      if (!isRight(values, store.read()))
        throw new Error(`shown: ${values.length} rows, ${values.slice(0, 8).join(' ')}; ${JSON.stringify(store.read().failed)}`)
      return values
    },
    { timeout: 10_000, interval: 2 },
  )
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => `r${from + index}`)

test('from the end the newest record stands first, and new ones come in above', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', ['a', 'b'])
  const store = open(studio, { is: 'end' })
  await untilShown(store, values => values.join() === 'b,a')
  append(studio, 'orders', ['c'])
  await untilShown(store, values => values.join() === 'c,b,a')
})

test('a record written while the first page was read is not missed', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  const store = open(studio, { is: 'end' })
  append(studio, 'orders', ['early'])
  await untilShown(store, values => values.join() === 'early')
})

test('a pause stops the list, and resuming reads on from the log', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', ['a'])
  const store = open(studio, { is: 'end' })
  await untilShown(store, values => values.join() === 'a')
  store.setFollow('paused')
  append(studio, 'orders', numbers(0, 50))
  expect(valuesOf(store.read())).toEqual(['a'])
  store.setFollow('on')
  append(studio, 'orders', ['z'])
  expect(await untilShown(store, values => values[0] === 'z')).toEqual(['z', ...numbers(0, 50).reverse(), 'a'])
})

test('a hidden window reads nothing, and shown again it catches up', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  const page = new Page()
  const store = open(studio, { is: 'end' }, page)
  append(studio, 'orders', ['a'])
  await untilShown(store, values => values.join() === 'a')
  page.show(false)
  append(studio, 'orders', ['b', 'c'])
  expect(valuesOf(store.read())).toEqual(['a'])
  page.show(true)
  await untilShown(store, values => values.join() === 'c,b,a')
})

test('too far behind, the list goes to the newest records and says how many lie between', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', ['a'])
  const store = open(studio, { is: 'end' })
  await untilShown(store, values => values.join() === 'a')
  store.setFollow('paused')
  for (let batch = 0; batch < 10; batch++) append(studio, 'orders', numbers(batch * 1000, batch * 1000 + 1000))
  store.setFollow('on')
  const values = await untilShown(store, shown => shown[0] === 'r9999')
  const at = values.findIndex(value => value.endsWith('skipped'))
  const skipped = Number.parseInt(values[at] ?? '', 10)
  // What is shown and what is skipped make up all of it.
  expect(at + skipped + (values.length - at - 1)).toBe(10_001)
  expect(values.at(-1)).toBe('a')
})

test('while the pointer is on the rows new ones wait', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', ['a'])
  const store = open(studio, { is: 'end' })
  await untilShown(store, values => values.join() === 'a')
  store.holdRows(true)
  append(studio, 'orders', ['b'])
  await studio.client.messages.locate({ topic: 'orders', partitions: null, at: { is: 'end' } })
  expect(valuesOf(store.read())).toEqual(['a'])
  store.holdRows(false)
  await untilShown(store, values => values.join() === 'b,a')
})

test('from an offset rows stand in reading order and both ends can be read on', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', numbers(0, 1000))
  const store = open(studio, { is: 'offset', offset: 500n })
  await untilShown(store, values => values.length === PAGE_ROWS && values[0] === 'r500')
  store.readOlder()
  await untilShown(store, values => values.length === 2 * PAGE_ROWS && values[0] === 'r300')
  store.readNewer()
  expect(await untilShown(store, values => values.length === 3 * PAGE_ROWS)).toEqual(numbers(300, 900))
})

test('past the last record the list opens at its end', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', numbers(0, 10))
  const store = open(studio, { is: 'offset', offset: 5000n })
  expect(await untilShown(store, values => values.length === 10)).toEqual(numbers(0, 10))
  expect(store.read()).toMatchObject({ opensAtEnd: true, located: [{ partition: 0, offset: 10n }] })
})

test('several partitions are merged by time', async () => {
  const studio = await openStudio({ topics: { orders: 2 } })
  append(studio, 'orders', ['first'], { partition: 0, timestamp: 1000 })
  append(studio, 'orders', ['third'], { partition: 0, timestamp: 3000 })
  append(studio, 'orders', ['second'], { partition: 1, timestamp: 2000 })
  const store = open(studio, { is: 'start' })
  await untilShown(store, values => values.join() === 'first,second,third')
})

test('a topic that is not there is said, and can be tried again', async () => {
  const studio = await openStudio()
  const store = open(studio, { is: 'end' })
  await untilShown(store, (_, shown) => shown.failed?.what === 'position')
  expect(store.read().failed?.failure.code).toBe('NOT_FOUND')
  await studio.client.topics.create({ topic: 'orders', partitions: 1, configs: {} })
  append(studio, 'orders', ['a'])
  store.retry()
  await untilShown(store, values => values.join() === 'a')
})

test('a list that was stopped goes on where it stood', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  append(studio, 'orders', ['a'])
  const store = open(studio, { is: 'end' })
  await untilShown(store, values => values.join() === 'a')
  store.stop()
  append(studio, 'orders', ['b'])
  store.start(studio.client)
  await untilShown(store, values => values.join() === 'b,a')
})

test('at full speed nothing is lost from the count', async () => {
  const studio = await openStudio({ topics: { orders: 1 } })
  const store = open(studio, { is: 'end' })
  await untilShown(store, (_, shown) => shown.window !== null)
  for (let batch = 0; batch < 40; batch++) {
    append(studio, 'orders', numbers(batch * 500, batch * 500 + 500))
    await studio.client.messages.locate({ topic: 'orders', partitions: null, at: { is: 'end' } })
  }
  const values = await untilShown(store, shown => shown[0] === 'r19999')
  const counted = values.reduce((sum, value) => sum + (value.endsWith('skipped') ? Number.parseInt(value, 10) : 1), 0)
  expect(counted).toBe(20_000)
})
