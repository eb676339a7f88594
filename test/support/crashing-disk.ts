/** The disk as one process sees it, told of each of its calls before it is made: a machine may die at any of them. */

import type { Disk, DiskFile } from '../../core/common/disk.ts'

/** What a file's owner may do to it without the disk: no place to die at. */
const quiet = new Set<PropertyKey>(['closeNow', 'readNow', 'read'])

export function crashingDisk(disk: Disk, beforeCall: () => void): Disk {
  return watched(disk, beforeCall, (name, result) => (name === 'openNow' ? watched(result as DiskFile, beforeCall) : result)) // what openNow returns
}

function watched<T extends object>(target: T, beforeCall: () => void, returned: (name: PropertyKey, result: unknown) => unknown = (_, result) => result): T {
  return new Proxy(target, {
    get: (_, name) => {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        if (!quiet.has(name)) beforeCall()
        return returned(name, Reflect.apply(member, target, args))
      }
    },
  })
}
