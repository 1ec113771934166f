import { prepareText } from '../../prediction/windows/inspectText'
import { lensOfSection } from '../../prediction/explain/lensOfSection'
import { lensJsonPieces, streamedLensReportOf } from '../../prediction/report/json/lensReport'
import { formatLens } from '../../prediction/report/text/lensText'
import { LENS_TOP_K } from '../../shared/contracts/engine/explanation'
import { MAX_TOP_K } from '../../shared/contracts/engine/prediction'
import { elementAt } from '../../shared/elementAt'
import { formatCount, formatCounted } from '../../shared/text/format'
import { type Command, SUCCESS } from '../base/command'
import { oneOf, parseCommandLine, UsageError, wholeNumber } from '../base/commandLine'
import type { CliEnvironment } from '../base/environment'
import { columnsOf, write } from '../base/output'
import { findModel, type Session, withEngine } from '../base/session'
import {
  SHARED_OPTIONS,
  SHARED_USAGE,
  type SharedOptions,
  sharedOptionsOf,
  TEXT_OPTIONS,
  TEXT_USAGE,
  type TextOptions,
  textOptionsOf,
} from '../base/sharedOptions'
import { readTexts } from '../base/textSource'
import { type PositionRange, positionRangeOf, spanOf } from './positions'

const SUMMARY = 'Shows what every layer predicts: the logit lens.'
const FORMATS = ['text', 'json'] as const

export const lensCommand: Command = {
  summary: SUMMARY,
  usage: `logitscope lens [FILE | -] [options]

${SUMMARY} The logits of a layer are those of ln_f and the LM head, applied to the
residual stream after it; the last layer is the model's output.

${TEXT_USAGE}
  --at A..B           only the positions A to B; also --at N, --at A.. and --at next, the row after the last token
  --top-k K           number of tokens at each layer in JSON, 1 to ${MAX_TOP_K} (default: ${LENS_TOP_K})
  --format F          text (default) or json
${SHARED_USAGE}
`,
  run: (args, environment) => lens(lensOptionsOf(args), environment),
}

export interface LensOptions extends SharedOptions, TextOptions {
  readonly at: PositionRange
  readonly topK: number
  readonly format: (typeof FORMATS)[number]
}

/** @throws UsageError */
export function lensOptionsOf(args: readonly string[]): LensOptions {
  const { values, positionals } = parseCommandLine(args, {
    ...SHARED_OPTIONS,
    ...TEXT_OPTIONS,
    at: { type: 'string' },
    'top-k': { type: 'string' },
    format: { type: 'string' },
  })
  const format = oneOf('--format', values.format, FORMATS) ?? (values.json === true ? 'json' : 'text')
  if (values.json === true && format !== 'json') {
    throw new UsageError(`give --json or --format ${format}, not both`)
  }
  return {
    ...textOptionsOf(positionals, values),
    ...sharedOptionsOf(values),
    at: positionRangeOf(values.at),
    topK: wholeNumber('--top-k', values['top-k'], { max: MAX_TOP_K }) ?? LENS_TOP_K,
    format,
  }
}

/**
 * Prints the lens to stdout and the progress to stderr.
 * @throws UsageError, and what loading or running the model throws
 */
async function lens(options: LensOptions, environment: CliEnvironment): Promise<number> {
  const { stdin, stdout } = environment
  const model = findModel(options.model, environment)
  const texts = await readTexts(options, stdin)
  const pieces = await withEngine({ options, model, environment }, (session) =>
    computeLens(session, { ...options, ...texts, columns: columnsOf(stdout) }),
  )
  // Awaiting each write keeps a slow reader's output out of memory.
  for (const piece of pieces) await write(stdout, piece)
  return SUCCESS
}

type LensRequest = Omit<LensOptions, 'context'> & {
  readonly text: string
  readonly context: string
  readonly columns: number
}

async function computeLens(
  { service, explanations, progress }: Session,
  options: LensRequest,
): Promise<Iterable<string>> {
  const prepared = await prepareText(service, options)
  const { from, to } = elementAt(prepared.sequences, 0)
  const request = { prepared, ...spanOf(options.at, to - from), topK: options.topK }
  const total = formatCounted(request.end - request.from, 'row')
  const onProgress = (rows: number) => {
    progress.show(`Lens: ${formatCount(rows)} of ${total} …`)
  }
  const found = await lensOfSection(explanations, request, { onProgress })
  const report = streamedLensReportOf(found, await service.vocabulary())
  return options.format === 'json' ? textsOf(lensJsonPieces(report)) : [formatLens(report, options.columns)]
}

function* textsOf(pieces: Iterable<{ readonly text: string }>): Generator<string> {
  for (const { text } of pieces) yield text
}
