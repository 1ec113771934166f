import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { parseEndpoint } from '../../model/hub/endpoint'
import { InvalidEndpointError } from '../../shared/errors'
import { plainMessage } from '../../shared/text/plainMessage'

/** The user’s tokens, one for each hub, kept where VS Code keeps secrets. */
export class HubToken {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  /** That of this hub: no other is ever sent it. */
  async read(endpoint: URL): Promise<string | undefined> {
    return this.secrets.get(keyOf(endpoint))
  }

  /** Asks for that of the hub of the settings; nothing typed removes it. */
  async ask(): Promise<void> {
    try {
      await this.askFor(parseEndpoint(readSettings().hubEndpoint))
    } catch (error) {
      if (!(error instanceof InvalidEndpointError)) throw error
      void vscode.window.showErrorMessage(plainMessage(error.message))
    }
  }

  private async askFor(endpoint: URL): Promise<void> {
    const token = await vscode.window.showInputBox({
      title: `Token for ${endpoint.host}`,
      prompt: `It is sent to ${endpoint.origin} and nowhere else. Leave it empty to remove it.`,
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        HEADER_TEXT.test(text.trim()) ? undefined : 'A token has letters, digits and signs of ASCII only.',
    })
    if (token === undefined) return
    if (token.trim() === '') await this.secrets.delete(keyOf(endpoint))
    else await this.secrets.store(keyOf(endpoint), token.trim())
  }
}

/** What may stand in a header of HTTP, without spaces. */
const HEADER_TEXT = /^[\x21-\x7e]*$/

function keyOf({ origin }: URL): string {
  return `hub.token ${origin}`
}
