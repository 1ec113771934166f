import type { ComparedInspection } from '../../../src/shared/text/comparisonText'
import { formatCount, formatCounted } from '../../../src/shared/text/format'
import { describeGeneration } from '../../../src/shared/text/generation'
import type { SidesContext } from '../../../src/shared/contracts/panel/comparison'
import type { Inspection } from '../../../src/shared/contracts/panel/inspection'

/** `line 7` · `lines 3–9` · `3 selections` */
function describeLines({ sections }: Inspection): string {
  const [section, ...others] = sections
  if (section === undefined) return ''
  if (others.length > 0) return formatCounted(sections.length, 'selection')
  const { first, last } = section.lines
  return first === last ? `line ${formatCount(first)}` : `lines ${formatCount(first)}–${formatCount(last)}`
}

/** The inspected text: the lines, or for a completion how it was generated. */
export function describePart(inspection: Inspection): string {
  const { generation } = inspection
  return generation === undefined ? describeLines(inspection) : describeGeneration(generation)
}

/** The document's name without its folders. */
export function fileName({ documentName }: Inspection): string {
  return documentName.slice(documentName.lastIndexOf('/') + 1)
}

/** `7` · `3–9` · `3–9,12`: the lines as they follow a file's name. */
export function shortLines({ sections }: Inspection): string {
  return sections.map(({ lines: { first, last } }) => (first === last ? first : `${first}–${last}`)).join()
}

/** `412 tokens before`; for several sections the smallest and the largest context. */
export function describeContext({ sections }: Inspection): string {
  return describeCounts(sections.map((section) => section.contextTokens))
}

/** `no context vs 93 tokens before`; what both sides of a comparison saw if that is the same. */
export function describeContexts({ sections, comparison }: ComparedInspection): string {
  const countsOf = (side: keyof SidesContext) =>
    describeCounts(
      sections.map(({ contextTokens }, i) => comparison.sections[i]?.contextTokens?.[side] ?? contextTokens),
    )
  const shown = countsOf('shown')
  const baseline = countsOf('baseline')
  return shown === baseline ? shown : `${shown} vs ${baseline}`
}

function describeCounts(counts: readonly number[]): string {
  const least = Math.min(...counts)
  const most = Math.max(...counts)
  if (most === 0) return 'no context'
  return least === most
    ? `${formatCounted(most, 'token')} before`
    : `${formatCount(least)} to ${formatCounted(most, 'token')} before`
}

/** The unusual facts about reading the text, one sentence each; usually empty. */
export function detailsOfText({ sections }: Inspection): string[] {
  const windows = sections.reduce((sum, section) => sum + section.windows, 0)
  const surrogates = sections.reduce((sum, section) => sum + section.loneSurrogates, 0)
  return [
    ...(windows > sections.length
      ? [
          `${formatCounted(windows, 'window')}: the text is longer than the model’s context, so it is scored in overlapping windows.`,
        ]
      : []),
    ...(surrogates > 0
      ? [
          `${formatCounted(surrogates, 'lone surrogate')} replaced by U+FFFD, because each is half a character.`,
        ]
      : []),
  ]
}
