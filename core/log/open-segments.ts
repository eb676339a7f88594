/** A bound on open files: segments open theirs on first use, and the one unused longest is closed when there are too many. */

import type { Disk, DiskFile } from '../common/disk.ts'
import { SEGMENTS_OPEN_MAX } from '../common/limits.ts'

export interface OpenSegment {
  lastUsed: number
  /** Closes the files and drops what the indexes hold in memory; the next use opens them again. */
  releaseNow(): void
  /** Closes the file only; what the indexes hold in memory stays. */
  closeNow(): void
}

const open = new Set<OpenSegment>()
let uses = 0

export function markUsed(segment: OpenSegment): void {
  segment.lastUsed = ++uses
}

export function markOpened(segment: OpenSegment): void {
  if (open.size >= SEGMENTS_OPEN_MAX) {
    let oldest: OpenSegment | undefined
    for (const other of open) if (!oldest || other.lastUsed < oldest.lastUsed) oldest = other
    if (oldest) release(oldest)
  }
  open.add(segment)
}

/** As `disk.openNow`; where the process has no descriptor left, half of the segments' are given up and it is tried once more. */
export function openFileNow(disk: Disk, path: string, mode: 'read' | 'write' | 'create'): DiskFile {
  try {
    return disk.openNow(path, mode)
  } catch (failure) {
    if (!isOutOfDescriptors(failure) || open.size === 0) throw failure
    const byUse = [...open].sort((a, b) => a.lastUsed - b.lastUsed)
    for (const segment of byUse.slice(0, Math.ceil(byUse.length / 2))) segment.closeNow()
    return disk.openNow(path, mode)
  }
}

function isOutOfDescriptors(failure: unknown): boolean {
  const code = (failure as NodeJS.ErrnoException | undefined)?.code // the disk's errors carry Node's codes
  return code === 'EMFILE' || code === 'ENFILE'
}

function release(segment: OpenSegment): void {
  try {
    segment.releaseNow()
  } catch {
    // Its disk is full or failing: its own log will say so at its next write, and another log's append must not fail for it.
    segment.closeNow()
  }
}

export function markClosed(segment: OpenSegment): void {
  open.delete(segment)
}

/** None is open any more: the process that had them died, which a simulation survives. */
export function forgetOpenSegments(): void {
  open.clear()
}
