/** What goes wrong on the memory disk, as told: errors by call and path, once, so many times, or until healed. */

export type DiskCall = 'write' | 'truncate' | 'flush' | 'read' | 'open' | 'rename' | 'remove' | 'list'

export type DiskFault = {
  readonly call: DiskCall | 'any'
  /** As Node names it: ENOSPC, EIO, EMFILE … */
  readonly code: string
  /** Only paths that contain this. */
  readonly path?: string
  /** Calls that still succeed before it strikes. */
  readonly after?: number
  /** How often it strikes; without it, until `heal`. */
  readonly times?: number
  /** For 'flush': the pages it should have written are taken for clean from then on and lost with the power, as on Linux after EIO. */
  readonly dropsPages?: boolean
}

export class DiskFaults {
  #faults: { readonly fault: DiskFault; calls: number; struck: number }[] = []

  add(fault: DiskFault): void {
    this.#faults.push({ fault, calls: 0, struck: 0 })
  }

  clear(): void {
    this.#faults = []
  }

  /** The fault that is due for this call. */
  due(call: DiskCall, path: string): DiskFault | undefined {
    for (const entry of this.#faults) {
      const { fault } = entry
      if ((fault.call !== call && fault.call !== 'any') || (fault.path !== undefined && !path.includes(fault.path))) continue
      if (entry.calls++ < (fault.after ?? 0) || entry.struck >= (fault.times ?? Infinity)) continue
      entry.struck++
      return fault
    }
    return undefined
  }
}

export function failure(code: string, call: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, path, syscall: call })
}
