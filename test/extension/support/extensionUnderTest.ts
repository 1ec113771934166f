import * as vscode from 'vscode'

const EXTENSION_ID = 'logitscope.logitscope'

interface Manifest {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string }[]
    readonly keybindings: readonly ContributedKeybinding[]
  }
}

export interface ContributedKeybinding {
  readonly command: string
  readonly key: string
  readonly mac?: string
  readonly win?: string
  readonly linux?: string
  readonly when?: string
}

export const extension = findExtension()
export const manifest = extension.packageJSON as Manifest

function findExtension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(EXTENSION_ID)
  if (found === undefined) throw new Error(`${EXTENSION_ID} is not in this VS Code`)
  return found
}
