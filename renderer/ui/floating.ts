/** Where a floating thing goes: beside its anchor, flipped and shifted so that it stays in the window. */

export type Side = 'below' | 'above' | 'right'
type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }

/** Top left in window pixels for a `size` beside `anchor`; `gap` to it, `margin` to the window's edges. */
export function placeBeside(
  anchor: Box,
  size: { readonly width: number; readonly height: number },
  view: { readonly width: number; readonly height: number },
  options: { readonly side?: Side; readonly align?: 'start' | 'center' | 'end'; readonly gap?: number; readonly margin?: number } = {},
): { readonly left: number; readonly top: number } {
  const { side = 'below', align = 'start', gap = 4, margin = 8 } = options
  const clampLeft = (left: number): number => Math.max(margin, Math.min(left, view.width - size.width - margin))
  const clampTop = (top: number): number => Math.max(margin, Math.min(top, view.height - size.height - margin))
  if (side === 'right') {
    const fits = anchor.right + gap + size.width <= view.width - margin
    return {
      left: clampLeft(fits ? anchor.right + gap : anchor.left - gap - size.width),
      top: clampTop((anchor.top + anchor.bottom - size.height) / 2),
    }
  }
  const start = { start: anchor.left, center: (anchor.left + anchor.right - size.width) / 2, end: anchor.right - size.width }[align]
  const below = anchor.bottom + gap
  const above = anchor.top - gap - size.height
  const fitsBelow = below + size.height <= view.height - margin
  const isBelow = side === 'below' ? fitsBelow || above < margin : above < margin
  return { left: clampLeft(start), top: clampTop(isBelow ? below : above) }
}
