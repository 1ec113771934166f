import * as vscode from 'vscode'
import { showError } from '../../editor/ui/notifications'
import { readSettings } from '../../editor/settings'
import { parseEndpoint } from '../../model/hub/endpoint'
import { InvalidEndpointError } from '../../shared/errors'

/** The user's access tokens, one for each hub, in VS Code's secret storage. */
export class HubToken {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  /** The token of this hub. A token is never sent to another origin. */
  async read(endpoint: URL): Promise<string | undefined> {
    return this.secrets.get(keyOf(endpoint))
  }

  /** Asks for the token of the selected hub; an empty input removes it. */
  async ask(): Promise<void> {
    try {
      await this.askFor(parseEndpoint(readSettings().hubEndpoint))
    } catch (error) {
      if (!(error instanceof InvalidEndpointError)) throw error
      void showError(error.message)
    }
  }

  private async askFor(endpoint: URL): Promise<void> {
    const token = await vscode.window.showInputBox({
      title: `Token for ${endpoint.host}`,
      prompt: `The token is sent to ${endpoint.origin} only. Leave the field empty to remove it.`,
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        HEADER_TEXT.test(text.trim())
          ? undefined
          : 'A token consists of ASCII letters, digits and punctuation.',
    })
    if (token === undefined) return
    if (token.trim() === '') await this.secrets.delete(keyOf(endpoint))
    else await this.secrets.store(keyOf(endpoint), token.trim())
  }
}

/** Characters allowed in an HTTP header, without spaces. */
const HEADER_TEXT = /^[\x21-\x7e]*$/

function keyOf({ origin }: URL): string {
  return `hub.token ${origin}`
}
