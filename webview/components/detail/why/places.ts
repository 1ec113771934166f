import type { WhyWindow } from '../../../../src/shared/contracts/panel/why'

export interface PlaceOptions {
  readonly window: WhyWindow
  /** Whether row 0 is the start token. */
  readonly startToken: boolean
}

/** Where the token of a row is: `token 61`, `start token`, `context`. */
export function describePlace(row: number, { window, startToken }: PlaceOptions): string {
  if (row === 0 && startToken) return 'start token'
  const position = row + window.rowOffset
  return position < 0 ? 'context' : `token ${position}`
}

/** The number of tokens in the window's input, without the start token. */
export function textTokenCount({ window, startToken }: PlaceOptions): number {
  return window.inputIds.length - Number(startToken)
}
