import { checkLogits } from '../../check/checkLogits'
import { chooseReference, type UseReference } from '../../check/chooseReference'
import type { FileSource } from '../../files/source/fileSource'
import type { LogitsFile } from '../../files/logits/logitsFile'
import { openLogits } from '../../files/logits/openLogits'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { CheckResult } from '../../shared/contracts/check/checkResult'
import type { ShownResult } from '../../shared/contracts/check/checkProtocol'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'
import { quoted } from '../../shared/text/quoted'
import { showToken } from '../../shared/text/tokenText'
import { NoTokensError } from './checkFailure'
import { type ReferenceThread, ReferenceThreads } from './referenceThreads'
import type { Checked, CheckRequest } from './session/checkSession'
import type { CheckSubject } from './session/storedCheck'

export interface LogitsCheckerOptions {
  readonly service: PredictionService
  /** Opens a file for reading by parts. The caller closes it. */
  readonly openFile: (uri: string) => Promise<FileSource>
  /** Starts a thread that simulates a model: an id or a folder. */
  readonly startReference: (model: string) => ReferenceThread
  /** The models that can be loaded, the one to try first at the start. */
  readonly installedModels: () => Promise<readonly [string, ...string[]]>
}

/** The model that is offered when no installed one fits. */
export const OFFERED_MODEL_ID = 'gpt2'

/** Checks files of logits against the reference model that fits them. */
export class LogitsChecker {
  private readonly threads: ReferenceThreads

  constructor(private readonly options: LogitsCheckerOptions) {
    this.threads = new ReferenceThreads(options.startReference)
  }

  /**
   * Whether a file has token ids of its own.
   * @throws ArrayFileError if it cannot be read
   */
  async hasIds(uri: string): Promise<boolean> {
    return this.withFile(uri, ({ ids }) => Promise.resolve(ids !== undefined))
  }

  /** @throws NoTokensError, ArrayFileError, and what loading and running the reference model throw */
  async check({ subject, model, firstRun, signal, onStep }: CheckRequest): Promise<Checked> {
    const started = performance.now()
    return this.withFile(subject.uri, async (file) => {
      const tokenIds = await this.tokensOf(subject, file, signal)
      const installed = await this.options.installedModels()
      const use: UseReference = (id, work) => this.threads.use(id, work)
      const onModel = (id: string) => {
        onStep(`Comparing with ${id}`)
      }
      const reference = model ?? (await chooseReference(file, installed, { tokenIds, use, signal, onModel }))
      onStep(`Loading ${reference}`)
      const onProgress = (done: number, total: number) => {
        onStep('Comparing', { done, total })
      }
      const checkWith = (runs: { readonly secondRun?: LogitsFile }) =>
        use(reference, (api) => checkLogits(file, api, { tokenIds, ...runs, signal, onProgress }))
      const result =
        firstRun === null
          ? await checkWith({})
          : await this.withFile(firstRun, (secondRun) => checkWith({ secondRun }))
      return {
        result: await this.shown(result, (performance.now() - started) / 1000),
        model: reference,
        offer: offerFor(result, reference, installed),
      }
    })
  }

  /** Ends the thread of a model whose files will be deleted or replaced. */
  releaseModel(model: string): void {
    this.threads.release(model)
  }

  /** Ends the threads of the reference models. */
  dispose(): void {
    this.threads.dispose()
  }

  /** The tokens of the text, else those that the file has. */
  private async tokensOf({ text }: CheckSubject, file: LogitsFile, signal: AbortSignal): Promise<Int32Array> {
    if (text !== null) return (await this.options.service.tokenize(text, { signal })).tokenIds
    if (file.ids !== undefined) return file.ids
    throw new NoTokensError(
      `${quoted(file.name)} does not say which tokens its rows are of. Choose the text, or save the token ids in it.`,
    )
  }

  private async shown(result: CheckResult, seconds: number): Promise<ShownResult> {
    const vocabulary = await this.options.service.vocabulary()
    const rows = result.rows.map((row) => ({ ...row, token: showToken(vocabulary.bytesOf(row.tokenId)) }))
    return { ...result, rows, seconds, checkedAt: Date.now() }
  }

  private async withFile<T>(uri: string, work: (file: LogitsFile) => Promise<T>): Promise<T> {
    const file = await openLogits(await this.options.openFile(uri))
    try {
      return await work(file)
    } finally {
      await file.close()
    }
  }
}

/** The embedded model says nothing about an implementation of another one. */
function offerFor({ report }: CheckResult, reference: string, installed: readonly string[]): string | null {
  if (report.verdict !== 'different' || reference !== DEFAULT_MODEL_ID) return null
  if (installed.includes(OFFERED_MODEL_ID)) return null
  return `The reference is ${DEFAULT_MODEL_ID}, the embedded model, because ${OFFERED_MODEL_ID} is not downloaded. If your implementation has OpenAI’s weights, download ${OFFERED_MODEL_ID}.`
}
