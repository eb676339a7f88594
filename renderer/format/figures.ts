/** Figures as the window writes them: counts, rates, bytes. Pure. `Parts` keep the unit apart, so that it can take the label colour. */

export type Parts = { readonly value: string; readonly unit: string }

/** No data yet is a dash, never 0. */
export const NO_DATA = '—'

const full = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const FULL_MAX = 999_999_999

/** A count in full, with separators, to 999,999,999; above with 3 digits and M, G, T. */
export function formatCount(count: number | bigint | null | undefined): string {
  if (count === null || count === undefined) return NO_DATA
  return Math.abs(Number(count)) <= FULL_MAX ? full.format(count) : formatShort(count)
}

/** A count for a tight cell: as it is below 1,000, then 3 digits and k M G T: `1.24 k`. */
export function formatShort(count: number | bigint | null | undefined): string {
  if (count === null || count === undefined) return NO_DATA
  const value = Number(count)
  if (Math.abs(value) < 999.5) return full.format(value)
  const { digits, prefix } = scale(value, ['', 'k', 'M', 'G', 'T', 'P', 'E'])
  return `${digits} ${prefix}`
}

/** A figure of an axis: as `formatShort`, without zeros that say nothing: `5 k`, `2.5 M`. */
export function formatAxis(value: number): string {
  return formatShort(value).replace(/\.?0+(?= )/, match => (match.includes('.') ? '' : match))
}

/** A rate: one decimal below 10, whole above, 3 digits and a unit from a million; `0`; below 0.05 `<0.1`. */
export function rateParts(perSecond: number | null | undefined): Parts {
  if (perSecond === null || perSecond === undefined) return { value: NO_DATA, unit: '' }
  if (perSecond <= 0) return { value: '0', unit: '' }
  if (perSecond < 0.05) return { value: '<0.1', unit: '/s' }
  if (perSecond < 10) return { value: trimZero(perSecond.toFixed(1)), unit: '/s' }
  if (perSecond < 999_950) return { value: full.format(Math.round(perSecond)), unit: '/s' }
  return { value: formatShort(perSecond), unit: '/s' }
}

export function formatRate(perSecond: number | null | undefined): string {
  return join(rateParts(perSecond), '')
}

/** Bytes in decimal units with 3 digits: `3.22 GB`; below 1,000 exact: `351 B`. */
export function bytesParts(bytes: number | bigint | null | undefined): Parts {
  if (bytes === null || bytes === undefined) return { value: NO_DATA, unit: '' }
  const value = Number(bytes)
  if (Math.abs(value) < 999.5) return { value: full.format(value), unit: 'B' }
  const { digits, prefix } = scale(value, ['', 'k', 'M', 'G', 'T', 'P', 'E'])
  return { value: digits, unit: `${prefix}B` }
}

export function formatBytes(bytes: number | bigint | null | undefined): string {
  return join(bytesParts(bytes), ' ')
}

/** Bytes a second: `424 kB/s`; none is `0`. */
export function byteRateParts(perSecond: number | null | undefined): Parts {
  if (perSecond === null || perSecond === undefined) return { value: NO_DATA, unit: '' }
  if (perSecond < 0.5) return { value: '0', unit: '' }
  const { value, unit } = bytesParts(perSecond)
  return { value: `${value} ${unit}`, unit: '/s' }
}

export function formatByteRate(perSecond: number | null | undefined): string {
  return join(byteRateParts(perSecond), '')
}

/** Every byte: `3,221,225,472 B`, for tooltips and inspectors. */
export function formatExactBytes(bytes: number | bigint): string {
  return `${full.format(bytes)} B`
}

/** `1 topic`, `3 topics`: the count in full and the noun in its number. */
export function plural(count: number | bigint, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${Number(count) === 1 ? one : many}`
}

function join({ value, unit }: Parts, between: string): string {
  return unit === '' ? value : `${value}${between}${unit}`
}

/** 3 significant digits and the power of 1,000 they belong to. */
function scale(value: number, prefixes: readonly string[]): { readonly digits: string; readonly prefix: string } {
  let step = 0
  let rest = value
  // 999.5 would round to a fourth digit.
  while (Math.abs(rest) >= 999.5 && step < prefixes.length - 1) {
    rest /= 1000
    step++
  }
  const decimals = Math.abs(rest) < 9.995 ? 2 : Math.abs(rest) < 99.95 ? 1 : 0
  return { digits: rest.toFixed(decimals), prefix: prefixes[step] ?? '' }
}

function trimZero(text: string): string {
  return text.endsWith('.0') ? text.slice(0, -2) : text
}
