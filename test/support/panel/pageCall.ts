import type { PanelCalls } from '../../../src/shared/contracts/panel/panelCalls'
import { PanelCallError, toErrorRecord } from '../../../src/shared/errors'
import type { Remedy } from '../../../src/shared/remedies'
import type { RpcMessage } from '../../../src/shared/rpc'
import type { PanelPage } from './panelHarness'

/** A question of the page, which a test answers in place of the extension host. */
export class PageCall<K extends keyof PanelCalls> {
  constructor(
    private readonly page: PanelPage,
    private readonly id: number,
    readonly request: PanelCalls[K]['request'],
  ) {}

  progress(value: PanelCalls[K]['progress']): Promise<void> {
    return this.send({ type: 'progress', id: this.id, value })
  }

  resolve(value: PanelCalls[K]['result']): Promise<void> {
    return this.send({ type: 'result', id: this.id, value })
  }

  fail(message: string, remedies: readonly Remedy[] = []): Promise<void> {
    const error = toErrorRecord(new PanelCallError(message, { remedies }))
    return this.send({ type: 'error', id: this.id, error })
  }

  async isCancelled(): Promise<boolean> {
    const messages = await this.page.messages('rpc')
    return messages.some(({ message }) => message.type === 'cancel' && message.id === this.id)
  }

  private send(message: RpcMessage): Promise<void> {
    return this.page.send({ type: 'rpc', message })
  }
}

/** The calls of a method among what the page has posted, oldest first. */
export async function callsOf<K extends keyof PanelCalls>(
  page: PanelPage,
  method: K,
): Promise<PageCall<K>[]> {
  const messages = await page.messages('rpc')
  return messages.flatMap(({ message }) =>
    message.type === 'call' && message.method === method
      ? [new PageCall<K>(page, message.id, message.request as PanelCalls[K]['request'])]
      : [],
  )
}
