/** Which columns of a table are shown, and how they share its width. Pure. */

type Width = number | { readonly grow: number; readonly min: number }
export type Shrinkable = { readonly width: Width; readonly isOptional?: boolean | 'tight' }

/** What is left when the optional ones have gone from a narrow window, and then, from the right, those that may go until the rest fits into `available` pixels. */
export function fittingColumns<T extends Shrinkable>(all: readonly T[], { isNarrow, available }: { readonly isNarrow: boolean; readonly available: number }): readonly T[] {
  let columns = all.filter(({ isOptional }) => !(isNarrow && isOptional === true))
  while (leastWidth(columns) > available) {
    const leaves = columns.findLast(({ isOptional }) => isOptional)
    if (!leaves) break
    columns = columns.filter(column => column !== leaves)
  }
  return columns
}

/** The columns as a grid, by which every row lays itself out, and the pixels under which the table scrolls sideways, head and rows together. */
export function layoutOf(columns: readonly Shrinkable[]): { readonly template: string; readonly minWidth: number } {
  const tracks = columns.map(({ width }) => (typeof width === 'number' ? `${width}px` : `minmax(${width.min}px, ${width.grow}fr)`))
  return { template: tracks.join(' '), minWidth: leastWidth(columns) }
}

function leastWidth(columns: readonly Shrinkable[]): number {
  return columns.reduce((sum, { width }) => sum + (typeof width === 'number' ? width : width.min), 0)
}
