import { compareText } from '../../prediction/compare/compareText'
import { type ComparisonReport, comparisonReportOf } from '../../prediction/report/json/comparisonReport'
import { formatComparison } from '../../prediction/report/text/comparisonText'
import { printableJson } from '../../prediction/report/json/json'
import { defaultPrecisionOf } from '../../model/registry'
import type { BaselineModel } from '../../shared/contracts/engine/engineApi'
import { type Precision, PRECISIONS } from '../../shared/contracts/engine/prediction'
import { formatCount, formatCounted } from '../../shared/text/format'
import { type Command, DIFFERENT, SUCCESS } from '../base/command'
import { oneOf, parseCommandLine, UsageError } from '../base/commandLine'
import type { CliEnvironment } from '../base/environment'
import { write } from '../base/output'
import { findModel, withConversionCommand, withEngine } from '../base/session'
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
import { readText, readTexts } from '../base/textSource'

const SUMMARY = 'Compares two models, two precisions or two texts, token by token.'
/** The reports list no alternatives; one is needed to know whether both sides have the same most likely token. */
const TOP_K = 1

export const compareCommand: Command = {
  summary: SUMMARY,
  usage: `logitscope compare [FILE | -] --baseline ID|DIR [options]

${SUMMARY} KL is that of the baseline from the shown side,
KL(baseline ‖ shown), over the full vocabulary, in nats.

${TEXT_USAGE}
  --baseline ID|DIR          the model of the other side; without it, the model of --model
  --baseline-precision P     its precision, fp32 or int8
  --baseline-text FILE       the text of the other side; tokens that both texts have are compared
  --fail-over NATS           end with exit code 3 if a token's |Δ log-prob| is larger than this
${SHARED_USAGE}

Give at least one of --baseline, --baseline-precision and --baseline-text.
Exit codes: 0 success, also if the sides differ; 3 they differ by more than --fail-over.
`,
  run: (args, environment) => compare(compareOptionsOf(args), environment),
}

export interface CompareOptions extends SharedOptions, TextOptions {
  /** Undefined: the model of the shown side. */
  readonly baseline: string | undefined
  readonly baselinePrecision: Precision | undefined
  /** Path of the baseline's text; undefined: the same text. */
  readonly baselineText: string | undefined
  /** Nats; undefined: differences never fail. */
  readonly failOver: number | undefined
}

/** @throws UsageError */
export function compareOptionsOf(args: readonly string[]): CompareOptions {
  const { values, positionals } = parseCommandLine(args, {
    ...SHARED_OPTIONS,
    ...TEXT_OPTIONS,
    baseline: { type: 'string' },
    'baseline-precision': { type: 'string' },
    'baseline-text': { type: 'string' },
    'fail-over': { type: 'string' },
  })
  const { baseline, 'baseline-text': baselineText } = values
  const baselinePrecision = oneOf('--baseline-precision', values['baseline-precision'], PRECISIONS)
  if (baseline === undefined && baselinePrecision === undefined && baselineText === undefined) {
    throw new UsageError('give --baseline ID|DIR, --baseline-precision P or --baseline-text FILE')
  }
  return {
    ...textOptionsOf(positionals, values),
    ...sharedOptionsOf(values),
    baseline,
    baselinePrecision,
    baselineText,
    failOver: natsOf(values['fail-over']),
  }
}

function natsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return Number(value)
  throw new UsageError(`--fail-over takes a number of nats, 0 or more, not “${value}”`)
}

/**
 * Prints the comparison to stdout and the progress to stderr.
 * @throws UsageError, and what loading or running the models throws
 */
async function compare(options: CompareOptions, environment: CliEnvironment): Promise<number> {
  const { stdin, stdout } = environment
  const model = findModel(options.model, environment)
  const baselineModel = baselineOf(options, environment)
  const texts = await readTexts(options, stdin)
  const { baselineText: path } = options
  const baselineText = path === undefined ? undefined : await readText({ kind: 'file', path }, stdin)
  const report = await withEngine(
    { options, model, environment },
    async ({ service, comparisons, progress }) => {
      const { startToken } = options
      const request = { ...texts, baselineText, baselineModel, startToken, topK: TOP_K }
      const onProgress = (compared: number, shared: number) => {
        progress.show(`${formatCount(compared)} of ${formatCounted(shared, 'token')} …`)
      }
      // First, so that what fails to load afterwards is the baseline.
      await service.model()
      const comparison = await withConversionCommand(
        { model: baselineModel?.location ?? model, environment },
        () => compareText(service, comparisons, request, { onProgress }),
      )
      return comparisonReportOf(comparison, await service.vocabulary())
    },
  )
  await write(stdout, options.json ? `${printableJson(report)}\n` : formatComparison(report))
  return exceeds(report, options) ? DIFFERENT : SUCCESS
}

/** Undefined if both sides are the same model, so that only the texts differ. */
function baselineOf(
  { baseline, baselinePrecision, model, precision }: CompareOptions,
  environment: CliEnvironment,
): BaselineModel | undefined {
  if (baseline === undefined && baselinePrecision === undefined) return undefined
  const id = baseline ?? model
  return {
    location: findModel(id, environment),
    precision: baselinePrecision ?? precision ?? defaultPrecisionOf(id),
  }
}

function exceeds({ summary }: ComparisonReport, { failOver }: CompareOptions): boolean {
  return failOver !== undefined && summary !== null && summary.maxAbsDeltaNats > failOver
}
