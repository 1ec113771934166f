import { explainToken, type TokenChoice, type TokenQuestion } from '../../prediction/explain/explainToken'
import { prepareText } from '../../prediction/windows/inspectText'
import { formatWhyJson, whyReportOf } from '../../prediction/report/json/whyReport'
import { formatWhy } from '../../prediction/report/text/whyText'
import { defaultPrecisionOf } from '../../model/registry'
import { type Command, SUCCESS } from '../base/command'
import { parseCommandLine, UsageError, wholeNumber } from '../base/commandLine'
import type { CliEnvironment } from '../base/environment'
import { columnsOf, write } from '../base/output'
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
import { positionOf } from './positions'
import { answerLines, type LineSource } from './whyLines'

const SUMMARY = 'Shows why the model predicts a token: direct logit attribution.'

export const whyCommand: Command = {
  summary: SUMMARY,
  usage: `logitscope why [FILE | -] --at N|next [options]
logitscope why --jsonl FILE|- [options]

${SUMMARY} It splits the token's logit, or how far it is
above that of another token, into what each layer, head and source token adds to it, and shows how likely the token is
with only the last tokens before it. It needs fp32.

${TEXT_USAGE}
  --at N|next         the token at this position, counted from 0; next: after the last token
  --token T           the token to explain: the first one of T, which is tokenized as it stands, so mind a leading space
                      (default: the token that stands there; for next the most likely one)
  --token-id N        the same by its id
  --against T         the contrast: the first token of T; mean: the mean logit of all tokens; none: nothing, which
                      splits the raw logit (default: the most likely other token)
  --against-id N      the same by its id
  --jsonl FILE|-      answers many requests, one JSON object on each line:
                      {"text", "context"?, "at", "token"? or "tokenId"?, "against"? or "againstId"?}
                      prints one JSON object for each; {"error"} if it cannot be answered, and then ends with code 2
${SHARED_USAGE}
`,
  run: (args, environment) => {
    const invocation = whyOptionsOf(args)
    return invocation.kind === 'one'
      ? answerOne(invocation, environment)
      : answerMany(invocation, environment)
  },
}

/** The token, and what it is contrasted with. */
export type WhyQuestion = Pick<TokenQuestion, 'at' | 'token' | 'contrast'>

export interface WhyOptions extends SharedOptions, TextOptions {
  readonly kind: 'one'
  readonly question: WhyQuestion
}

export interface WhyLinesOptions extends SharedOptions {
  readonly kind: 'many'
  readonly lines: LineSource
}

/** @throws UsageError */
export function whyOptionsOf(args: readonly string[]): WhyOptions | WhyLinesOptions {
  const { values, positionals } = parseCommandLine(args, {
    ...SHARED_OPTIONS,
    ...TEXT_OPTIONS,
    at: { type: 'string' },
    token: { type: 'string' },
    'token-id': { type: 'string' },
    against: { type: 'string' },
    'against-id': { type: 'string' },
    jsonl: { type: 'string' },
  })
  const shared = sharedOptionsOf(values)
  if ((shared.precision ?? defaultPrecisionOf(shared.model)) !== 'fp32') {
    throw new UsageError(
      'why needs fp32, because the parts of a logit do not add up in int8; give --precision fp32',
    )
  }
  if (values.jsonl !== undefined) {
    const given = OPTIONS_OF_ONE.filter((name) => values[name] !== undefined).map((name) => `--${name}`)
    const [surplus] = [...positionals, ...given]
    if (surplus !== undefined) {
      throw new UsageError(`each request of --jsonl has its own text and token; leave out ${surplus}`)
    }
    const { jsonl } = values
    return {
      kind: 'many',
      ...shared,
      lines: jsonl === '-' ? { kind: 'stdin' } : { kind: 'file', path: jsonl },
    }
  }
  if (values.at === undefined) throw new UsageError('give --at with the position of the token, or --at next')
  return {
    kind: 'one',
    ...textOptionsOf(positionals, values),
    ...shared,
    question: {
      at: positionOf(values.at),
      token: choiceOf('--token', { text: values.token, id: values['token-id'] }),
      contrast: contrastOf(values.against, values['against-id']),
    },
  }
}

/** The options of a single request. */
const OPTIONS_OF_ONE = ['text', 'context', 'at', 'token', 'token-id', 'against', 'against-id'] as const

function contrastOf(text: string | undefined, id: string | undefined): WhyQuestion['contrast'] {
  if (id === undefined && text === 'mean') return 'mean'
  return id === undefined && text === 'none' ? null : choiceOf('--against', { text, id })
}

function choiceOf(
  name: string,
  { text, id }: { readonly text: string | undefined; readonly id: string | undefined },
): TokenChoice | undefined {
  if (text !== undefined && id !== undefined) throw new UsageError(`give ${name} or ${name}-id, not both`)
  if (text === '') throw new UsageError(`${name} takes a text of at least one character`)
  const tokenId = wholeNumber(`${name}-id`, id, { min: 0, max: MAX_TOKEN_ID })
  if (tokenId !== undefined) return { tokenId }
  return text === undefined ? undefined : { text }
}

/** Above the largest vocabulary; the model's own limit is known after it is loaded. */
const MAX_TOKEN_ID = 999_999

async function answerOne(options: WhyOptions, environment: CliEnvironment): Promise<number> {
  const { stdin, stdout } = environment
  const model = findModel(options.model, environment)
  const texts = await readTexts(options, stdin)
  const output = await withEngine({ options, model, environment }, async (session) => {
    const { service } = session
    const prepared = await prepareText(service, { ...options, ...texts, topK: 1 })
    const explained = await explainToken(session, { prepared, ...options.question })
    const vocabulary = await service.vocabulary()
    const report = whyReportOf(explained, vocabulary)
    if (options.json) return formatWhyJson(report)
    const input = Array.from(explained.inputIds, (id) => vocabulary.bytesOf(id))
    return formatWhy(report, { input, columns: columnsOf(stdout) })
  })
  await write(stdout, output)
  return SUCCESS
}

async function answerMany(options: WhyLinesOptions, environment: CliEnvironment): Promise<number> {
  const model = findModel(options.model, environment)
  return withEngine({ options, model, environment }, (session) =>
    answerLines(session, { ...options, environment }),
  )
}
