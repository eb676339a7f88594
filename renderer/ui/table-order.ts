/** The order of a table's rows: by a column, and held while the pointer works on them. Pure. */

export type Sort = { readonly column: string; readonly isDescending: boolean }

/** Sorted by `compare`, equal rows by key, so that live figures that tie do not dance. */
export function sortRows<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  compare: ((a: Row, b: Row) => number) | undefined,
  isDescending: boolean,
): readonly Row[] {
  if (!compare) return rows
  const direction = isDescending ? -1 : 1
  return [...rows].sort((a, b) => compare(a, b) * direction || (keyOf(a) < keyOf(b) ? -1 : 1))
}

/** `rows` in the order their keys had in `order`; new ones after the known. */
export function holdOrder<Row>(rows: readonly Row[], keyOf: (row: Row) => string, order: readonly string[]): readonly Row[] {
  const byKey = new Map(rows.map(row => [keyOf(row), row]))
  const held: Row[] = []
  for (const key of order) {
    const row = byKey.get(key)
    if (row === undefined) continue
    held.push(row)
    byKey.delete(key)
  }
  return [...held, ...byKey.values()]
}

/** Comparators for columns. Absent figures (null) stand last in ascending order. */
export const byText =
  <Row>(of: (row: Row) => string) =>
  (a: Row, b: Row): number =>
    of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0
export const byNumber =
  <Row>(of: (row: Row) => number | bigint | null) =>
  (a: Row, b: Row): number => {
    const [x, y] = [of(a), of(b)]
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    return x < y ? -1 : x > y ? 1 : 0
  }

/** Selected rows as tab-separated values, heads first. */
export function toTsv<Row>(
  rows: readonly Row[],
  columns: readonly { readonly title: string; readonly text?: ((row: Row) => string) | undefined }[],
): string {
  const shown = columns.filter(column => column.text)
  const cell = (value: string): string => value.replaceAll(/[\t\r\n]+/g, ' ')
  return [shown.map(column => cell(column.title)), ...rows.map(row => shown.map(column => cell(column.text?.(row) ?? '')))]
    .map(cells => cells.join('\t'))
    .join('\n')
}
