/** Exceptions from the rules of the house, each with its reason. This list may only shrink. */

export const exceptions: readonly { readonly path: string; readonly rule: string; readonly why: string }[] = []
