import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { RunningSummary } from '../../../shared/numbers/summary'
import type { Vocabulary } from '../../../shared/text/vocabulary'
import { joinRecords, type Piece } from '../pieces'
import { nextOf, positionsOf, settingsOf } from '../report'

export interface JsonOptions {
  readonly temperature?: number
  /** Further properties of a section's report, each as pieces of JSON text: `"lens":{`, …, `}`. */
  readonly furtherProperties?: (section: number) => Iterable<Iterable<string>>
}

/**
 * The report on an inspection as JSON, with one token on each line; an array of reports if there are several sections.
 * It is made piece by piece, because the JSON of a long text can exceed V8's maximum string length.
 */
export function jsonPieces(
  inspection: Inspection,
  vocabulary: Vocabulary,
  options: JsonOptions = {},
): Generator<Piece> {
  return joinRecords(jsonRecords(inspection, vocabulary, options))
}

function* jsonRecords(
  inspection: Inspection,
  vocabulary: Vocabulary,
  options: JsonOptions,
): Generator<string> {
  const { sections } = inspection
  const isList = sections.length > 1
  if (isList) yield '[\n'
  for (const [i, section] of sections.entries()) {
    const settings = printableJson(settingsOf(inspection, { ...options, section: i }))
    yield `${settings.slice(0, -1)},"positions":[`
    // The summary follows the positions, so that no piece has to go through all of them.
    const running = new RunningSummary()
    let separator = '\n'
    for (const position of positionsOf(section, vocabulary)) {
      running.add(position.surprisal)
      yield `${separator}${printableJson(position)}`
      separator = ',\n'
    }
    const next = nextOf(section, vocabulary)
    const end = printableJson({ next, summary: running.summary(section.windows) })
    let separatorOfProperties = '\n],'
    for (const property of options.furtherProperties?.(i) ?? []) {
      yield separatorOfProperties
      yield* property
      separatorOfProperties = ','
    }
    yield `${separatorOfProperties}${end.slice(1)}${isList && i < sections.length - 1 ? ',' : ''}\n`
  }
  if (isList) yield ']\n'
}

/**
 * JSON text in which a terminal finds no control characters: `JSON.stringify` escapes only those below U+0020, but DEL
 * and the C1 controls can be in file names and tokens, too.
 */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f]/g,
    (control) => `\\u00${control.charCodeAt(0).toString(16)}`,
  )
}

/** Shortens a number that was computed in float32, which has about 7 significant decimal digits. */
export function roundFloat32(value: number): number {
  return Number(value.toPrecision(7))
}
