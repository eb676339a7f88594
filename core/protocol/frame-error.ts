/** What a peer sent does not read as the protocol says: its connection is closed, the broker goes on. */

export class FrameError extends Error {
  override readonly name = 'FrameError'
}
