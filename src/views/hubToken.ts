import * as vscode from 'vscode'

const KEY = 'hub.token'

/** The user’s token for the hub, kept where VS Code keeps secrets. */
export class HubToken {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  async read(): Promise<string | undefined> {
    return this.secrets.get(KEY)
  }

  /** Asks for it; nothing typed removes it. */
  async ask(): Promise<void> {
    const token = await vscode.window.showInputBox({
      title: 'Token for the Hub',
      prompt:
        'It is sent to the address of logitscope.hubEndpoint and nowhere else. Leave it empty to remove it.',
      password: true,
      ignoreFocusOut: true,
    })
    if (token === undefined) return
    if (token.trim() === '') await this.secrets.delete(KEY)
    else await this.secrets.store(KEY, token.trim())
  }
}
