import type { Inspection } from '../../src/shared/contracts/panel/inspection'
import { elementAt } from '../../src/shared/elementAt'
import { typescript, typescriptSection } from './panelUnderTest'

/** An inspection of a text, repeated until it has `count` tokens. */
export function longInspection(count: number, section = typescriptSection): Inspection {
  const { tokens: once } = section
  const scored = [...section.predictions]
  const tokens = Array.from({ length: count }, (_, i) => elementAt(once, i % once.length))
  const predictions = tokens.map((_, position) => ({
    ...elementAt(scored, position % once.length),
    position,
  }))
  return { ...typescript, sections: [{ ...section, tokens, predictions }] }
}
