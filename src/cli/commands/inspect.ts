import { inspectText } from '../../prediction/windows/inspectText'
import { jsonPieces } from '../../prediction/report/json/json'
import { type StreamedReport, streamedReportOf } from '../../prediction/report/report'
import {
  DEFAULT_TOP_K,
  MAX_TEMPERATURE,
  MAX_TOP_K,
  MIN_TEMPERATURE,
} from '../../shared/contracts/engine/prediction'
import { formatCount, formatCounted } from '../../shared/text/format'
import { type Command, SUCCESS } from '../base/command'
import { parseCommandLine, UsageError, wholeNumber } from '../base/commandLine'
import type { CliEnvironment } from '../base/environment'
import { columnsOf, type OutputStream, write } from '../base/output'
import { findModel, withEngine } from '../base/session'
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
import { formatTable } from './inspectTable'

const SUMMARY = 'Shows what the model expected at every token of a text.'

export const inspectCommand: Command = {
  summary: SUMMARY,
  usage: `logitscope inspect [FILE | -] [options]

${SUMMARY}

${TEXT_USAGE}
  --top-k K           number of alternatives in the JSON, 1 to ${MAX_TOP_K} (default: ${DEFAULT_TOP_K});
                      the table shows those that fit into the line, at most 5
  --temperature T     divides the logits; ${MIN_TEMPERATURE} to ${MAX_TEMPERATURE} (default: 1)
${SHARED_USAGE}
`,
  run: (args, environment) => inspect(inspectOptionsOf(args), environment),
}

export interface InspectOptions extends SharedOptions, TextOptions {
  readonly topK: number
  readonly temperature: number
}

/** @throws UsageError */
export function inspectOptionsOf(args: readonly string[]): InspectOptions {
  const { values, positionals } = parseCommandLine(args, {
    ...SHARED_OPTIONS,
    ...TEXT_OPTIONS,
    'top-k': { type: 'string' },
    temperature: { type: 'string' },
  })
  return {
    ...textOptionsOf(positionals, values),
    ...sharedOptionsOf(values),
    topK: wholeNumber('--top-k', values['top-k'], { max: MAX_TOP_K }) ?? DEFAULT_TOP_K,
    temperature: temperatureOf(values.temperature),
  }
}

function temperatureOf(value = '1'): number {
  const number = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? Number(value) : NaN
  if (number >= MIN_TEMPERATURE && number <= MAX_TEMPERATURE) return number
  throw new UsageError(
    `--temperature takes a number from ${MIN_TEMPERATURE} to ${MAX_TEMPERATURE}, not “${value}”`,
  )
}

/**
 * Prints the report to stdout and the progress to stderr.
 * @throws UsageError, and what loading or running the model throws
 */
async function inspect(options: InspectOptions, environment: CliEnvironment): Promise<number> {
  const { stdin, stdout } = environment
  const model = findModel(options.model, environment)
  const texts = await readTexts(options, stdin)
  const { inspection, vocabulary } = await withEngine(
    { options, model, environment },
    async ({ service, progress }) => ({
      inspection: await inspectText(
        service,
        { ...options, ...texts },
        {
          onProgress: (scored, tokens) => {
            progress.show(`${formatCount(scored)} of ${formatCounted(tokens, 'token')} …`)
          },
        },
      ),
      vocabulary: await service.vocabulary(),
    }),
  )
  if (options.json) {
    // Awaiting each write keeps a slow reader's output out of memory.
    for (const piece of jsonPieces(inspection, vocabulary, options)) await write(stdout, piece.text)
  } else {
    await write(stdout, tableFor(stdout, streamedReportOf(inspection, vocabulary, options)))
  }
  return SUCCESS
}

function tableFor(stdout: OutputStream, report: StreamedReport): string {
  const colors = stdout.isTTY === true && stdout.hasColors?.(256) === true
  return formatTable(report, { columns: columnsOf(stdout), colors })
}
