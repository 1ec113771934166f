import { explainToken, type TokenChoice, type TokenQuestion } from '../../prediction/explain/explainToken'
import { prepareText } from '../../prediction/windows/inspectText'
import { printableJson } from '../../prediction/report/json/json'
import { formatWhyJson, whyReportOf } from '../../prediction/report/json/whyReport'
import { InvalidRequestError } from '../../shared/errors'
import { isRecord } from '../../shared/isRecord'
import { formatCounted } from '../../shared/text/format'
import { BAD_INPUT, SUCCESS } from '../base/command'
import { UsageError } from '../base/commandLine'
import type { CliEnvironment } from '../base/environment'
import { write } from '../base/output'
import type { Session } from '../base/session'
import type { TextSource } from '../base/sharedOptions'
import { readLines } from '../base/textSource'

/** A source of requests, one on each line. */
export type LineSource = Exclude<TextSource, { readonly kind: 'given' }>

export interface LinesOptions {
  readonly lines: LineSource
  readonly startToken: boolean
  readonly environment: CliEnvironment
}

/** One request of `why --jsonl`. */
export interface WhyLine {
  readonly text: string
  readonly context?: string
  readonly question: Omit<TokenQuestion, 'prepared'>
}

/**
 * Answers each line with one line, in order and as it arrives.
 * @returns the exit code
 * @throws UsageError if the lines cannot be read, and what running the model throws
 */
export async function answerLines(
  session: Session,
  { lines, startToken, environment }: LinesOptions,
): Promise<number> {
  const { stdin, stdout } = environment
  let answered = 0
  let code = SUCCESS
  for await (const line of readLines(lines, stdin)) {
    try {
      await write(stdout, await answer(session, parseWhyLine(line), startToken))
    } catch (error) {
      if (!(error instanceof UsageError || error instanceof InvalidRequestError)) throw error
      code = BAD_INPUT
      await write(stdout, `${printableJson({ error: error.message })}\n`)
    }
    session.progress.show(`${formatCounted(++answered, 'request')} …`)
  }
  return code
}

async function answer(
  session: Session,
  { text, context, question }: WhyLine,
  startToken: boolean,
): Promise<string> {
  const { service } = session
  const prepared = await prepareText(service, { text, context, startToken, topK: 1 })
  const explained = await explainToken(session, { prepared, ...question })
  return formatWhyJson(whyReportOf(explained, await service.vocabulary()))
}

/** @throws UsageError if the line is not a request */
export function parseWhyLine(line: Uint8Array): WhyLine {
  const request = recordIn(line)
  const unknown = Object.keys(request).find((key) => !FIELDS.has(key))
  if (unknown !== undefined) {
    throw new UsageError(`a request has no “${unknown}”; it has ${[...FIELDS].join(', ')}`)
  }
  const { text, context, at } = request
  if (typeof text !== 'string') throw new UsageError('a request needs “text”, a string')
  if (context !== undefined && typeof context !== 'string') throw new UsageError('“context” is a string')
  if (at !== 'next' && typeof at !== 'number') {
    throw new UsageError('a request needs “at”, the position of a token counted from 0, or "next"')
  }
  return { text, context, question: { at, token: tokenOf(request), contrast: contrastOf(request) } }
}

const FIELDS: ReadonlySet<string> = new Set([
  'text',
  'context',
  'at',
  'token',
  'tokenId',
  'against',
  'againstId',
])

type RequestRecord = Readonly<Record<string, unknown>>

function recordIn(line: Uint8Array): RequestRecord {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line))
  } catch (error) {
    throw new UsageError('the line is not JSON in UTF-8', { cause: error })
  }
  if (isRecord(value) && !Array.isArray(value)) return value
  throw new UsageError('the line is not a JSON object')
}

function tokenOf({ token, tokenId }: RequestRecord): TokenChoice | undefined {
  return choiceOf({ name: 'token', text: token, id: tokenId })
}

function contrastOf({ against, againstId }: RequestRecord): TokenQuestion['contrast'] {
  if (againstId === undefined) {
    if (against === 'mean') return 'mean'
    if (against === 'none' || against === null) return null
  }
  return choiceOf({ name: 'against', text: against, id: againstId })
}

function choiceOf({
  name,
  text,
  id,
}: {
  readonly name: string
  readonly text: unknown
  readonly id: unknown
}): TokenChoice | undefined {
  if (text !== undefined && id !== undefined) throw new UsageError(`give “${name}” or “${name}Id”, not both`)
  if (typeof id === 'number') return { tokenId: id }
  if (id !== undefined) throw new UsageError(`“${name}Id” is a number`)
  if (text === undefined) return undefined
  if (typeof text === 'string') return { text }
  throw new UsageError(`“${name}” is a string`)
}
