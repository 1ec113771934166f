import {
  type EngineApi,
  NO_TARGET,
  type Priority,
  type SideRequest,
} from '../../shared/contracts/engine/engineApi'
import {
  type Contrast,
  type Attribution,
  type ContextPoint,
  LENS_TOP_K,
  type LensRow,
} from '../../shared/contracts/engine/explanation'
import type { Distribution, ModelInfo, TokenScore } from '../../shared/contracts/engine/prediction'
import { assertNever } from '../../shared/assertNever'
import { elementAt } from '../../shared/elementAt'
import { InvalidRequestError } from '../../shared/errors'
import { logSumExp } from '../../shared/numbers/logProbs'
import { createColumns } from '../windows/alternativeList'
import type { PredictionService, SequenceRequest } from '../windows/predictionService'
import { readRows } from '../windows/scoredRows'
import { inputOfRows, layoutOf, planWindows, rowOf, type Window, type WindowLayout } from '../windows/windows'

/** A sequence of tokens, and the model that the rest of the view was scored by. */
export type ExplainedSequence = Omit<SequenceRequest, 'from' | 'topK' | 'temperature'>

/** The row of logits that predicts token `token` of the sequence; if `token` is `to`, the row after the last token. */
export interface ExplainedRow extends ExplainedSequence {
  readonly token: number
}

/** The rows that predict the tokens [from, end); `to + 1` as the end includes the row after the last token. */
export interface ExplainedRows extends ExplainedSequence {
  readonly from: number
  readonly end: number
  /** The number of tokens listed at each layer, 1 to 100. */
  readonly topK: number
  /** [end − from] The token of each row whose log-probability and rank are given. Default: the sequence's own tokens. */
  readonly targets?: Int32Array
}

export interface LensOptions {
  readonly signal?: AbortSignal
  /** Default `bulk`. */
  readonly priority?: Priority
  /** Further rows in order: rows[i] predicts token `token + i`. A token that nothing precedes has no row. */
  readonly onRows: (token: number, rows: readonly LensRow[]) => void
  /** The backend of the request's model failed; the following rows are from this model. */
  readonly onContinued?: (model: ModelInfo) => void
}

/** The attribution of a row to the S rows of its window up to itself. */
export interface WindowAttribution extends Attribution {
  /** [S] The window's tokens up to the row, start token included. */
  readonly inputIds: Int32Array
}

export interface ExplainOptions {
  readonly signal?: AbortSignal
  /** The backend of the request's model failed or did not answer; the result, or a part of it, is from this model. */
  readonly onContinued?: (model: ModelInfo) => void
}

export interface ContextCurveOptions extends ExplainOptions {
  /** The next point of each curve; all have the same number of tokens. */
  readonly onPoints?: (points: readonly ContextPoint[]) => void
}

/** The prediction of a row when no later position attends to some tokens. */
export interface KnockoutResult {
  /** The distribution of the row, with 10 alternatives. */
  readonly distribution: Distribution
  /** The log-probability of each of `scoredIds`, in nats. */
  readonly logProbs: readonly number[]
}

/**
 * Explains predictions: logit lens, direct logit attribution, and which context a prediction used. Each row is computed in
 * the window in which `PredictionService` scores it: beyond the first window only that window's tokens are sources.
 */
export class Explanations {
  constructor(
    private readonly engine: EngineApi,
    private readonly service: PredictionService,
  ) {}

  /**
   * The logit lens of consecutive rows, window by window.
   * @throws what `PredictionService.predict` throws
   */
  async lens(
    request: ExplainedRows,
    { signal, priority = 'bulk', onRows, onContinued }: LensOptions,
  ): Promise<void> {
    const { tokenIds, from, to, end, topK } = request
    const { answeredBy, layout } = await this.setup(request, signal)
    const targets = request.targets ?? ownTargets(request)
    const { windows } = planWindows({ from, to: Math.min(end, to) }, layout)
    for (const { first, firstRow, scoreFrom, scoreTo, readsNext } of windows) {
      const endToken = readsNext ? end : scoreTo
      if (endToken === scoreFrom) continue
      const endRow = firstRow + endToken - scoreFrom
      let token = scoreFrom
      await this.engine.lens(
        {
          tokenIds: inputOfRows(tokenIds, { first, endRow }, layout),
          firstRow,
          endRow,
          targets: targets.slice(scoreFrom - from, endToken - from),
          topK,
          priority,
          ...answeredBy,
        },
        {
          signal,
          onProgress: (progress) => {
            switch (progress.kind) {
              case 'continued':
                onContinued?.(progress.model)
                break
              case 'rows':
                onRows(token, progress.rows)
                token += progress.rows.length
                break
              default:
                assertNever(progress)
            }
          },
        },
      )
    }
  }

  /**
   * The lens of one row for any token, which need not be the one that follows. Its priority is `interactive`.
   * @throws InvalidRequestError if nothing precedes the row, and what `PredictionService.predict` throws
   */
  async lensOf(
    request: ExplainedRow & { readonly tokenId: number; readonly topK?: number },
    { signal, onContinued }: ExplainOptions = {},
  ): Promise<LensRow> {
    const { token, tokenId, topK = LENS_TOP_K } = request
    const found: LensRow[] = []
    await this.lens(
      { ...request, from: token, end: token + 1, topK, targets: Int32Array.of(tokenId) },
      { signal, priority: 'interactive', onRows: (_, rows) => found.push(...rows), onContinued },
    )
    return existingRow(found.at(0))
  }

  /**
   * Direct logit attribution of one row.
   * @throws AttributionNeedsFp32Error, InvalidRequestError if nothing precedes the row, and what `PredictionService.predict`
   * throws
   */
  async attribution(
    request: ExplainedRow & { readonly tokenId: number; readonly contrast: Contrast },
    { signal, onContinued }: ExplainOptions = {},
  ): Promise<WindowAttribution> {
    const { tokenId, contrast } = request
    const { answeredBy, input } = await this.place(request, signal)
    const attribution = await this.engine.attribution(
      { tokenIds: input, tokenId, contrast, ...answeredBy },
      { signal, onProgress: ({ model }) => onContinued?.(model) },
    )
    return { ...attribution, inputIds: input }
  }

  /**
   * The log-probability of each of `scoredIds` with only the last 1, 2, 4, 8 … tokens before the row, then with all tokens
   * of its window. The start token stays in front. One curve for each of `scoredIds`.
   * @throws what `PredictionService.predict` throws
   */
  async contextCurves(
    request: ExplainedRow & { readonly scoredIds: readonly number[] },
    { signal, onPoints, onContinued }: ContextCurveOptions = {},
  ): Promise<readonly (readonly ContextPoint[])[]> {
    const { scoredIds, startToken } = request
    const { answeredBy, input } = await this.place(request, signal)
    const start = input.subarray(0, startToken ? 1 : 0)
    const tokens = input.subarray(start.length)
    const curves = scoredIds.map((): ContextPoint[] => [])
    for (const count of contextLengths(tokens.length)) {
      const shortened = Int32Array.of(...start, ...tokens.subarray(tokens.length - count))
      const logits = await this.engine.logits(
        { tokenIds: shortened, ...answeredBy },
        { signal, onProgress: ({ model }) => onContinued?.(model) },
      )
      const logSum = logSumExp(logits)
      const points = scoredIds.map((id) => ({ tokens: count, logProb: elementAt(logits, id) - logSum }))
      for (const [i, point] of points.entries()) elementAt(curves, i).push(point)
      onPoints?.(points)
    }
    return curves
  }

  /**
   * The prediction of a row when no later position attends to the tokens `knockedOut`. They still attend to themselves, and
   * every position stays. A token outside of the row's window, and the last one before the row, have no effect.
   * @throws what `PredictionService.predict` throws
   */
  async knockout(
    request: ExplainedRow & {
      /** Indices in the sequence, or the window's start token. */
      readonly knockedOut: readonly (number | 'startToken')[]
      readonly scoredIds: readonly [number, ...number[]]
    },
    { signal, onContinued }: ExplainOptions = {},
  ): Promise<KnockoutResult> {
    const { knockedOut, scoredIds, startToken } = request
    const place = await this.place(request, signal)
    const { first } = place.window
    const rows = knockedOut
      .flatMap((token) => {
        if (token === 'startToken') return startToken ? [0] : []
        return token >= first ? [rowOf(token, first, place.layout)] : []
      })
      .filter((row) => row < place.row)
    const read = (tokenId: number) =>
      this.readKnockedOut(place, { tokenId, knockedOut: rows, signal, onContinued })
    const [firstId, ...otherIds] = scoredIds
    const { logProb, ...distribution } = await read(firstId)
    const logProbs = [logProb]
    for (const tokenId of otherIds) {
      const listed = [...distribution.top].find((alternative) => alternative.tokenId === tokenId)
      // The engine gives one log-probability for each run, and those of the most likely tokens.
      logProbs.push((listed ?? (await read(tokenId))).logProb)
    }
    return { distribution, logProbs }
  }

  /** The first token of a text, tokenized as it stands; null for an empty text. */
  async firstTokenOf(text: string, options?: ExplainOptions): Promise<number | null> {
    const { tokenIds } = await this.service.tokenize(text, options)
    return tokenIds.at(0) ?? null
  }

  /** @throws ModelChangedError and what loading the model throws */
  private async setup(request: ExplainedSequence, signal: AbortSignal | undefined): Promise<Setup> {
    const model = await this.service.modelFor(request, { signal })
    const { backend } = request.model ?? model
    const { baselineModel } = request
    const layout = layoutOf(model, request)
    return { answeredBy: { backend, baselineModel }, layout, vocabularySize: model.vocabularySize }
  }

  /** @throws InvalidRequestError if the row does not exist, and what `setup` throws */
  private async place(request: ExplainedRow, signal: AbortSignal | undefined): Promise<Place> {
    const { tokenIds, token, to } = request
    const setup = await this.setup(request, signal)
    const { unscored, windows } = planWindows({ from: token, to }, setup.layout)
    const window = existingRow(unscored > 0 ? undefined : windows[0])
    const row = window.firstRow
    const input = inputOfRows(tokenIds, { first: window.first, endRow: row + 1 }, setup.layout)
    return { ...setup, window, row, input }
  }

  private async readKnockedOut(
    { answeredBy, input, row, window, vocabularySize }: Place,
    { tokenId, knockedOut, signal, onContinued }: KnockedOutRow,
  ): Promise<Distribution & Pick<TokenScore, 'logProb'>> {
    const targets = Int32Array.of(tokenId)
    const settings = { topK: KNOCKOUT_TOP_K, temperature: 1 }
    const columns = createColumns({ rows: 1, vocabularySize, ...settings })
    const scores: TokenScore[] = []
    await this.engine.score(
      {
        tokenIds: input,
        firstRow: row,
        targets,
        ...settings,
        priority: 'interactive',
        knockedOut,
        ...answeredBy,
      },
      {
        signal,
        onProgress: (progress) => {
          if (progress.kind === 'continued') onContinued?.(progress.model)
          if (progress.kind !== 'rows') return
          const rows = readRows(progress.rows, columns, { ...window, targets })
          scores.push(...rows.flatMap(({ score }) => score ?? []))
        },
      },
    )
    const { logitsRow, seqLen, logSumExp, entropy, top, logProb } = elementAt(scores, 0)
    return { logitsRow, seqLen, logSumExp, entropy, top, logProb }
  }
}

const KNOCKOUT_TOP_K = 10

interface Setup {
  /** The fields of the engine's requests that name the model. */
  readonly answeredBy: SideRequest
  readonly layout: WindowLayout
  readonly vocabularySize: number
}

/** A row of a sequence in its window. */
interface Place extends Setup {
  readonly window: Window
  readonly row: number
  /** [row + 1] The window's tokens up to the row. */
  readonly input: Int32Array
}

interface KnockedOutRow extends ExplainOptions {
  readonly tokenId: number
  /** Rows of the window. */
  readonly knockedOut: readonly number[]
}

/** [end − from] The sequence's own tokens, and NO_TARGET for the row after the last one. */
function ownTargets({ tokenIds, from, to, end }: ExplainedRows): Int32Array {
  const targets = tokenIds.slice(from, Math.min(end, to))
  return end > to ? Int32Array.of(...targets, NO_TARGET) : targets
}

function existingRow<T>(row: T | undefined): T {
  if (row !== undefined) return row
  throw new InvalidRequestError('Nothing precedes the first token, so no row predicts it.')
}

/** 1, 2, 4, 8 …, then `all`. */
function contextLengths(all: number): number[] {
  const lengths: number[] = []
  for (let length = 1; length < all; length *= 2) lengths.push(length)
  return [...lengths, all]
}
