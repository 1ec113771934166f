import type { CallFailure, PanelCalls } from '../../src/shared/contracts/panel/panelCalls'
import { CancelledError, PanelCallError } from '../../src/shared/errors'
import type { RpcClient } from '../../src/shared/rpc'

export interface CallListeners<K extends keyof PanelCalls> {
  readonly onProgress?: (progress: PanelCalls[K]['progress']) => void
  readonly onResult: (result: PanelCalls[K]['result']) => void
  readonly onFailure: (failure: CallFailure) => void
}

/** Asks the host one question of a kind at a time: a newer question cancels the one before it. */
export class NewestCall<K extends keyof PanelCalls> {
  private running = new AbortController()

  constructor(
    private readonly client: RpcClient<PanelCalls>,
    private readonly method: K,
  ) {}

  /** Neither `onResult` nor `onFailure` is called if the question is cancelled, here or by the host. */
  ask(request: PanelCalls[K]['request'], { onProgress, onResult, onFailure }: CallListeners<K>): void {
    this.cancel()
    this.running = new AbortController()
    const { signal } = this.running
    this.client.call(this.method, request, { signal, onProgress }).then(onResult, (error: unknown) => {
      if (!(error instanceof CancelledError)) onFailure(failureOf(error))
    })
  }

  cancel(): void {
    this.running.abort()
  }
}

function failureOf(error: unknown): CallFailure {
  const message = error instanceof Error ? error.message : String(error)
  return { message, remedies: error instanceof PanelCallError ? error.remedies : [] }
}
