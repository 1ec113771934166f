// Checks the saved logits of an implementation of GPT-2 against the model.

import type { HiddenStates, LogitsFile } from '../files/logits/logitsFile'
import type { UnderstoodLogits } from '../files/representation/representation'
import { understandLogits } from '../files/representation/understandLogits'
import type { CheckAdvice, CheckResult, CheckVerdict, Defect } from '../shared/contracts/check/checkResult'
import { START_TOKEN_ID } from '../shared/contracts/engine/prediction'
import type { SimulatedModel, SimulationApi } from '../shared/contracts/engine/simulation'
import { CancelledError, InvalidRequestError } from '../shared/errors'
import { summarizeComparison } from '../shared/numbers/comparisonSummary'
import { compareRows, type ComparedRows } from './comparedRows'
import {
  ambiguousEvidence,
  dropoutEvidence,
  equalEvidence,
  type EvidenceFacts,
  namedEvidence,
  unexplainedEvidence,
  untiedEvidence,
} from './evidence'
import { compareHidden, type ComparedHidden } from './hiddenStates'
import { MistakeSearch, type SearchResult } from './mistakeSearch'
import { referenceInputs } from './referenceInputs'
import { requireSameRows, requireTokens } from './sameRows'
import { differenceOfRuns } from './secondRun'
import { rowsToCompare, rowsToVerify, targetOf } from './searchTarget'
import { isVerified } from './verification'

export interface CheckOptions {
  /** The tokens that the rows are of, with or without start token. They may be left out if the file has ids. */
  readonly tokenIds?: Int32Array
  /** Sentences about how the tokens were read. */
  readonly tokenRemarks?: readonly string[]
  /** Default: those of the file itself. */
  readonly hidden?: HiddenStates
  /** The logits of a second run of the same code on the same text, which tell whether dropout is on. */
  readonly secondRun?: LogitsFile
  readonly signal?: AbortSignal
  /** `total` grows while more has to be simulated. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Candidates of the report. */
const MAX_CANDIDATES = 5

/**
 * The verdict on a file: what it is, whether it is the model's, and if it is not, which mistakes explain it. The caller
 * closes the file.
 * @param api a thread that simulates the model
 * @throws InvalidRequestError without tokens or with more than the model reads; ArrayFileError, also for files of different
 * rows; FileChangedError, CancelledError, and what loading and running the model throw
 */
export async function checkLogits(
  file: LogitsFile,
  api: SimulationApi,
  options: CheckOptions = {},
): Promise<CheckResult> {
  const check = new Check(file, api, options)
  const result = await check.run()
  await file.checkUnchanged()
  return result
}

interface Verdict {
  readonly verdict: CheckVerdict
  readonly defects: readonly Defect[]
  readonly evidence: string
  readonly advice: readonly CheckAdvice[]
  readonly search: SearchResult | null
}

class Check {
  private rowsDone = 0
  private rowsTotal = 0
  private readonly simulated = { done: 0, total: 0 }

  constructor(
    private readonly file: LogitsFile,
    private readonly api: SimulationApi,
    private readonly options: CheckOptions,
  ) {}

  async run(): Promise<CheckResult> {
    const { file, api } = this
    const { signal } = this.options
    const model = await api.simulatedModel(undefined, { signal })
    const tokenIds = this.options.tokenIds ?? file.ids
    if (tokenIds === undefined) {
      throw new InvalidRequestError(
        'The file does not say which tokens its rows are of. Choose the text, or save the token ids in it.',
      )
    }
    requireTokens(file, tokenIds)
    requireSameRows(file, { hidden: this.hidden, secondRun: this.options.secondRun })
    const inputs = referenceInputs(api, model, { tokenIds, signal })
    const understood = await understandLogits(file, inputs, { ...(signal && { signal }) })
    this.rowsTotal = file.rows
    const compared = await compareRows(understood, api, {
      signal,
      onRows: (done) => {
        this.rowsDone = done
        this.report()
      },
    })
    const hidden = await this.compareHidden(understood, model)
    const facts = factsOf(understood, compared, model)
    const { verdict, defects, evidence, advice, search } = await this.verdictOf(facts, {
      understood,
      compared,
      model,
      hidden,
    })
    const { dtype, shape, order } = file
    return {
      report: {
        model: model.id,
        backend: model.backend,
        precision: model.precision,
        remarks: model.remarks,
        bos: understood.representation.startToken,
        file: { dtype, shape, order: order === 'C' ? 'C' : 'F', remarks: this.remarksOn(understood) },
        representation: understood.representation,
        verdict,
        defects,
        candidates: search?.candidates.slice(0, MAX_CANDIDATES) ?? [],
        evidence,
        maxAbsDeltaNats: facts.maxAbsDelta,
        firstPosition: facts.firstPosition,
        firstSubBlock: hidden?.mismatch?.name ?? null,
        summary: facts.summary,
      },
      advice,
      toleranceNats: compared.tolerance,
      rows: compared.rows,
      subBlocks: hidden?.subBlocks ?? [],
      mismatch: hidden?.mismatch ?? null,
    }
  }

  private get hidden(): HiddenStates | undefined {
    return this.options.hidden ?? this.file.hidden
  }

  private remarksOn({ remarks }: UnderstoodLogits): readonly string[] {
    const { tokenIds, tokenRemarks = [] } = this.options
    return [
      ...remarks,
      ...tokenRemarks,
      ...(this.hidden?.remarks ?? []),
      ...(tokenIds !== undefined && this.file.ids !== undefined && !isSameText(tokenIds, this.file.ids)
        ? ['The file has token ids of its own, which are those of another text. They were not used.']
        : []),
    ]
  }

  private async compareHidden(
    { input, representation }: UnderstoodLogits,
    model: SimulatedModel,
  ): Promise<ComparedHidden | undefined> {
    const { hidden } = this
    if (hidden === undefined) return undefined
    // Hidden states are saved with the logits, so they begin with the same row.
    return compareHidden(
      { hidden, tokenIds: input.tokenIds, firstRow: representation.firstRow },
      model,
      this.api,
    )
  }

  private async verdictOf(
    facts: EvidenceFacts,
    {
      understood,
      compared,
      model,
      hidden,
    }: {
      readonly understood: UnderstoodLogits
      readonly compared: ComparedRows
      readonly model: SimulatedModel
      readonly hidden: ComparedHidden | undefined
    },
  ): Promise<Verdict> {
    if (compared.firstDifferent === undefined)
      return { verdict: 'equal', defects: [], evidence: equalEvidence(facts), advice: [], search: null }
    const { secondRun } = this.options
    const runs = secondRun === undefined ? undefined : await differenceOfRuns(understood, secondRun)
    if (runs !== undefined && runs.delta > runs.tolerance) {
      const evidence = dropoutEvidence(facts, runs.delta)
      return { verdict: 'defect', defects: ['dropout'], evidence, advice: [], search: null }
    }
    const search = await this.search(understood, compared.firstDifferent, model)
    const searched = { ...facts, search }
    switch (search?.decision.kind) {
      case 'named': {
        const { best, isWhole } = search.decision
        const evidence = namedEvidence(searched, best, isWhole)
        return { verdict: 'defect', defects: best.defects, evidence, advice: [], search }
      }
      case 'ambiguous': {
        const evidence = ambiguousEvidence(searched, search.decision.fitting)
        const isCoarse = understood.representation.rounding !== 'float32'
        return { verdict: 'ambiguous', defects: [], evidence, advice: isCoarse ? ['float32'] : [], search }
      }
      case 'unexplained':
      case undefined:
        if (hidden?.isLastRight === true) {
          const evidence = untiedEvidence(searched)
          return { verdict: 'defect', defects: ['head-untied'], evidence, advice: [], search }
        }
        return {
          verdict: 'different',
          defects: [],
          evidence: unexplainedEvidence(searched),
          advice: [
            ...(understood.representation.rounding === 'float32' ? [] : (['float32'] as const)),
            ...(secondRun === undefined ? (['second-run'] as const) : []),
            ...(hidden === undefined ? (['hidden-states'] as const) : []),
          ],
          search,
        }
    }
  }

  /** Null if no row has numbers. */
  private async search(
    understood: UnderstoodLogits,
    firstDifferent: number,
    model: SimulatedModel,
  ): Promise<SearchResult | null> {
    const rows = rowsToCompare(this.file.rows, firstDifferent)
    const target = await targetOf(understood, rows)
    if (target.rows.length === 0) return null
    const { signal } = this.options
    const search = new MistakeSearch(this.api, model, target, {
      signal,
      onProgress: (done, total) => {
        Object.assign(this.simulated, { done, total })
        this.report()
      },
    })
    const result = await search.run()
    const others = await targetOf(understood, rowsToVerify(this.file.rows, rows))
    return (await isVerified(search, result, others))
      ? result
      : { ...result, decision: { kind: 'unexplained' } }
  }

  private report(): void {
    if (this.options.signal?.aborted === true) throw new CancelledError()
    const { done, total } = this.simulated
    this.options.onProgress?.(this.rowsDone + done, this.rowsTotal + total)
  }
}

/** Whether the tokens are the same but for a start token. */
function isSameText(a: Int32Array, b: Int32Array): boolean {
  const [first, second] = [a, b].map((ids) => (ids[0] === START_TOKEN_ID ? ids.subarray(1) : ids))
  return first?.join() === second?.join()
}

function factsOf(
  { representation }: UnderstoodLogits,
  { rows, comparisons, firstDifferent }: ComparedRows,
  model: SimulatedModel,
): EvidenceFacts {
  const summary = summarizeComparison(comparisons)
  if (summary === null)
    throw new InvalidRequestError('The file has no row of the text. Save its logits again.')
  return {
    model: model.id,
    summary,
    maxAbsDelta: summary.maxAbsDeltaNats,
    rounding: representation.rounding,
    firstRow: representation.firstRow,
    firstPosition: firstDifferent === undefined ? null : representation.firstRow + firstDifferent,
    emptyRows: rows.filter((row) => !Number.isFinite(row.maxAbsDeltaNats)).map(({ row }) => row),
    search: null,
  }
}
