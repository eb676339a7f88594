/** Deep equality of plain data (objects, arrays, numbers, strings, bigints): what decides whether a row has changed. */

export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => isSameValue(item, b[index]))
  const names = Object.keys(a)
  // Both are plain records: the guard above has told arrays apart.
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return names.length === Object.keys(b).length && names.every(name => isSameValue(left[name], right[name]))
}
