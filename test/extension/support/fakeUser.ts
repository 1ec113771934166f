import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'

/** The user’s answers to dialogs of each kind, in their order. */
export interface Answers {
  /** Entries of lists, by their labels. */
  readonly entries?: readonly string[]
  /** Buttons of messages. Without one the message is closed. */
  readonly buttons?: readonly string[]
  /** Paths for the dialogs that ask for one. */
  readonly paths?: readonly string[]
  /** Texts for input boxes. */
  readonly words?: readonly string[]
}

const {
  showOpenDialog,
  showErrorMessage,
  showWarningMessage,
  showInformationMessage,
  showInputBox,
  showQuickPick,
} = vscode.window

/**
 * Answers VS Code’s dialogs in place of a user. The tests are in the extension’s folder, so VS Code gives both the same
 * `vscode` object, whose functions are replaced here.
 */
export class FakeUser {
  /** Texts of messages, with their details, in their order. */
  readonly messages: string[] = []
  /** The entries of the list that was shown last. */
  listed: readonly ListItem[] = []
  private entries: string[] = []
  private buttons: string[] = []
  private paths: string[] = []
  private words: string[] = []

  answers({ entries = [], buttons = [], paths = [], words = [] }: Answers): void {
    this.entries = [...entries]
    this.buttons = [...buttons]
    this.paths = [...paths]
    this.words = [...words]
    const message = (text: string, ...rest: unknown[]) => Promise.resolve(this.readMessage(text, rest))
    Object.assign(vscode.window, {
      showErrorMessage: message,
      showWarningMessage: message,
      showInformationMessage: message,
      showQuickPick: async (items: Thenable<ListItem[]> | ListItem[]) => this.chooseOf(await items),
      showInputBox: () => Promise.resolve(this.words.shift()),
      showOpenDialog: () => {
        const path = this.paths.shift()
        return Promise.resolve(path === undefined ? undefined : [vscode.Uri.file(path)])
      },
    })
  }

  /** Restores VS Code’s dialogs. */
  restore(): void {
    Object.assign(vscode.window, {
      showOpenDialog,
      showErrorMessage,
      showWarningMessage,
      showInformationMessage,
      showInputBox,
      showQuickPick,
    })
  }

  private readMessage(text: string, rest: readonly unknown[]): string | undefined {
    const options = rest.filter((part) => typeof part === 'object') as vscode.MessageOptions[]
    this.messages.push([text, ...options.flatMap(({ detail }) => detail ?? [])].join('\n'))
    const offered = rest.filter((part) => typeof part === 'string')
    if (offered.length === 0) return undefined
    const button = this.buttons.shift()
    assert.ok(button === undefined || offered.includes(button), `${text} offers ${offered.join(', ')}`)
    return button
  }

  private chooseOf(items: readonly ListItem[]): ListItem | undefined {
    this.listed = items
    const label = this.entries.shift()
    const chosen = items.find((item) => item.label === label)
    assert.ok(
      label === undefined || chosen !== undefined,
      `no ${label} among ${items.map((item) => item.label).join(', ')}`,
    )
    return chosen
  }
}

type ListItem = vscode.QuickPickItem
