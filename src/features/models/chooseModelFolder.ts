import { readdir } from 'node:fs/promises'
import * as vscode from 'vscode'
import { confirm, showError, showInformation } from '../../editor/ui/notifications'
import type { Activation } from '../../model/gpt2/config'
import { CONFIG_FILE } from '../../model/formats/modelFiles'
import { saveConfig } from '../../model/folder/modelFolder'
import type { FolderReport } from '../../model/folder/checkFolder'
import { conversionCommand } from '../../model/formats/conversionCommand'
import { type ProposedConfig, writeConfig } from '../../model/gpt2/proposedConfig'
import { assertNever } from '../../shared/assertNever'
import { LogitscopeError, ModelFilesError, PickleFilesError } from '../../shared/errors'

const COPY_COMMAND = 'Copy Conversion Command'
const CHOOSE_ANOTHER = 'Choose Another Folder…'

export interface ChooseFolderOptions {
  /** Path of the script that converts PyTorch checkpoints. */
  readonly conversionScript: string
  /** Checks a folder outside of the extension host's thread, because its files may come from anyone. */
  readonly checkFolder: (folder: string) => Promise<FolderReport>
}

/**
 * Asks for the folder of a GPT-2 checkpoint and checks that it has every tensor in the right shape. If only
 * `config.json` is missing, asks for the settings that the tensors do not determine, and saves the file. Resolves with
 * undefined if the user cancels.
 */
export async function chooseModelFolder(options: ChooseFolderOptions): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Choose the Folder of a GPT-2 Model',
    openLabel: 'Use Model',
    canSelectFiles: false,
    canSelectFolders: true,
  })
  const uri = chosen?.at(0)
  if (uri === undefined) return undefined
  try {
    if (uri.scheme !== 'file') {
      throw new ModelFilesError(
        `${uri.toString(true)} is not on the machine that the model runs on. Choose a folder of that machine.`,
      )
    }
    return (await isUsable(uri.fsPath, options)) ? uri.fsPath : undefined
  } catch (error) {
    if (!(error instanceof LogitscopeError)) throw error
    const another = await showRejection(error, () =>
      copyConversionCommand(uri.fsPath, options.conversionScript),
    )
    return another ? chooseModelFolder(options) : undefined
  }
}

/** Whether the folder can be loaded; false if the user cancelled the creation of a missing `config.json`. */
async function isUsable(folder: string, { checkFolder }: ChooseFolderOptions): Promise<boolean> {
  const report = await checkFolder(folder)
  switch (report.kind) {
    case 'usable':
      return true
    case 'lacksConfig':
      return createConfig(folder, report.proposed)
    default:
      return assertNever(report)
  }
}

/** Asks for the missing settings and saves `config.json`; false if the user cancels. */
async function createConfig(folder: string, proposed: ProposedConfig): Promise<boolean> {
  const nHead = await askHeads(proposed)
  if (nHead === undefined) return false
  const activation = await askActivation()
  if (activation === undefined) return false
  const config = writeConfig(proposed, { nHead, activation })
  const agreed = await confirm({
    message: `Save ${CONFIG_FILE} next to the weights?`,
    detail: [folder, '', ...config.split('\n')],
    button: `Save ${CONFIG_FILE}`,
  })
  if (!agreed) return false
  await saveConfig(folder, config)
  return true
}

async function askHeads({ nLayer, nEmbd, nHead }: ProposedConfig): Promise<number | undefined> {
  const answer = await vscode.window.showInputBox({
    title: `No ${CONFIG_FILE}: ${nLayer} layers of ${nEmbd} dimensions`,
    prompt: 'Number of attention heads. GPT-2 has one for every 64 dimensions.',
    value: String(nHead),
    ignoreFocusOut: true,
    validateInput: (text) =>
      isHeadCount(text, nEmbd) ? undefined : `Enter a whole number that divides ${nEmbd}.`,
  })
  return answer === undefined ? undefined : Number(answer)
}

function isHeadCount(text: string, nEmbd: number): boolean {
  return /^[1-9]\d*$/.test(text.trim()) && nEmbd % Number(text) === 0
}

async function askActivation(): Promise<Activation | undefined> {
  const items: (vscode.QuickPickItem & { activation: Activation })[] = [
    { label: 'gelu_new', description: 'GPT-2’s own: the tanh approximation of GELU', activation: 'gelu_new' },
    { label: 'gelu', description: 'PyTorch’s nn.GELU()', activation: 'gelu' },
    { label: 'relu', description: 'PyTorch’s nn.ReLU()', activation: 'relu' },
  ]
  const answer = await vscode.window.showQuickPick(items, {
    title: 'Activation function that the model was trained with',
    ignoreFocusOut: true,
  })
  return answer?.activation
}

/** Shows why the folder cannot be used; true if the user wants to choose another one. */
async function showRejection(error: LogitscopeError, copyCommand: () => Promise<void>): Promise<boolean> {
  const actions = error instanceof PickleFilesError ? [COPY_COMMAND, CHOOSE_ANOTHER] : [CHOOSE_ANOTHER]
  const answer = await showError(error.message, ...actions)
  if (answer === COPY_COMMAND) await copyCommand()
  return answer === CHOOSE_ANOTHER
}

async function copyConversionCommand(folder: string, script: string): Promise<void> {
  await vscode.env.clipboard.writeText(conversionCommand({ script, folder, files: await readdir(folder) }))
  void showInformation(
    'Command copied. Run it in a terminal whose Python has PyTorch, then choose the folder again.',
  )
}
