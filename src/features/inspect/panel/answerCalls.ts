import { type Log, logError } from '../../../editor/log'
import { describeFailure } from '../../../prediction/failureText'
import type { Inspection } from '../../../shared/contracts/panel/inspection'
import { encodeLensRows } from '../../../shared/contracts/panel/lensRows'
import type { PanelCalls } from '../../../shared/contracts/panel/panelCalls'
import { CancelledError, PanelCallError } from '../../../shared/errors'
import { type HandlerOptions, type RpcHandlers, type RpcMessage, serveRpc } from '../../../shared/rpc'
import type { RunExplanations } from '../session/runExplanations'

/** The answers to the questions of the page. */
export type PanelAnswers = Pick<RunExplanations, keyof PanelCalls>

export interface AnswerCallsOptions {
  readonly log: Log
  /** The shown inspection: a failure of the lens says how many of its tokens are shown. */
  readonly inspection: () => Inspection | undefined
}

/**
 * The handlers of the page's calls. A newer call of a method cancels the one before it. A failure is logged and sent as a
 * PanelCallError.
 */
export function answerCalls(
  answers: PanelAnswers,
  { log, inspection }: AnswerCallsOptions,
): RpcHandlers<PanelCalls> {
  /** @param shown of which the failure says how much is shown */
  const translate = (title: string, error: unknown, shown?: Inspection): Error => {
    if (error instanceof PanelCallError) return error
    logError(log, title, error)
    const { message, remedies } = describeFailure(error, shown)
    return new PanelCallError(message, { remedies })
  }
  return {
    logits: newestOnly(
      (address, { signal }) => answers.logits(address, { signal }),
      (error) => {
        throw translate('Loading the row of logits failed', error)
      },
    ),
    lens: newestOnly(
      (question, { signal, onProgress }) =>
        answers.lens(question, {
          signal,
          onRows: (position, rows) => {
            onProgress({ position, rows: encodeLensRows(rows) })
          },
        }),
      (error) => {
        throw translate('Computing the lens failed', error, inspection())
      },
    ),
    why: newestOnly(
      (question, { signal, onProgress }) =>
        answers.why(question, {
          signal,
          onAnswer: (answer) => {
            onProgress({ kind: 'answer', answer })
          },
          onPart: (part) => {
            onProgress({ kind: 'part', part })
          },
        }),
      (error) => {
        throw translate('Explaining the prediction failed', error)
      },
    ),
    firstToken: newestOnly(
      ({ text }, { signal }) => answers.firstToken(text, { signal }),
      (error) => {
        logError(log, 'Tokenizing the text to contrast a token with failed', error)
        return null
      },
    ),
  }
}

/**
 * Serves the pages that a panel loads, one after the other. Each page numbers its calls from 0, so a page that has just
 * loaded must not get answers to calls of the one before it.
 */
export class PageCalls {
  private receiveCall: ((message: RpcMessage) => void) | undefined
  private endServing: (() => void) | undefined

  constructor(
    private readonly handlers: RpcHandlers<PanelCalls>,
    private readonly post: (message: RpcMessage) => void,
  ) {}

  /** Called when a page has loaded: cancels the calls of the page before it. */
  start(): void {
    this.end()
    this.endServing = serveRpc<PanelCalls>(
      {
        send: this.post,
        onMessage: (listener) => (this.receiveCall = listener),
      },
      this.handlers,
    )
  }

  /** Receives a checked message of the page. */
  receive(message: RpcMessage): void {
    this.receiveCall?.(message)
  }

  /** Called when the panel is closed: cancels the calls in progress. */
  end(): void {
    this.endServing?.()
  }
}

type Handler<Request, Progress, Result> = (
  request: Request,
  options: HandlerOptions<Progress>,
) => Promise<Result>

/**
 * A handler that a newer call cancels: nothing more of the call before it is sent.
 * @param onError the result after an error of a call that is not cancelled, or throws the error to send
 */
function newestOnly<Request, Progress, Result>(
  handler: Handler<Request, Progress, Result>,
  onError: (error: unknown) => Result,
): Handler<Request, Progress, Result> {
  let newest = new AbortController()
  return async (request, options) => {
    newest.abort(new CancelledError())
    newest = new AbortController()
    const signal = AbortSignal.any([options.signal, newest.signal])
    const onProgress = (progress: Progress) => {
      if (!signal.aborted) options.onProgress(progress)
    }
    try {
      return await handler(request, { ...options, signal, onProgress })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof CancelledError) throw error
      return onError(error)
    }
  }
}
