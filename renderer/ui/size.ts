/** The size of an element as it changes: for what fits more or less into its box. */

import { useLayoutEffect, useState } from 'react'

/** Inner width and height in pixels; 0 until it is laid out. */
export function useSize(element: { readonly current: HTMLElement | null }): { readonly width: number; readonly height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useLayoutEffect(() => {
    const box = element.current
    if (!box) return undefined
    const measure = (): void =>
      setSize(before =>
        before.width === box.clientWidth && before.height === box.clientHeight
          ? before
          : { width: box.clientWidth, height: box.clientHeight },
      )
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(box)
    return () => observer.disconnect()
  }, [element])
  return size
}
