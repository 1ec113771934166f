import { readdir } from 'node:fs/promises'
import * as vscode from 'vscode'
import type { Activation } from '../../model/gpt2/config'
import { filesOfFolder } from '../../model/folder/filesOfFolder'
import { CONFIG_FILE } from '../../model/formats/modelFiles'
import { saveConfig } from '../../model/folder/modelFolder'
import { checkModelFiles, checkTensors, proposeConfigOf } from '../../model/folder/openModelFiles'
import { conversionCommand } from '../../model/formats/conversionCommand'
import { type ProposedConfig, writeConfig } from '../../model/gpt2/proposedConfig'
import { LogitscopeError, ModelFilesError, NoConfigError, PickleFilesError } from '../../shared/errors'
import { plainMessage } from '../../shared/text/plainMessage'

const COPY_COMMAND = 'Copy Conversion Command'
const CHOOSE_ANOTHER = 'Choose Another Folder…'

/**
 * Asks for the folder of a GPT-2 checkpoint and checks that it has every tensor in the right shape. If only
 * `config.json` is missing, asks for the settings that the tensors do not determine, and saves the file. Resolves with
 * undefined if the user cancels.
 */
export async function chooseModelFolder(conversionScript: string): Promise<string | undefined> {
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
    return (await isUsable(uri.fsPath)) ? uri.fsPath : undefined
  } catch (error) {
    if (!(error instanceof LogitscopeError)) throw error
    const another = await showRejection(error, () => copyConversionCommand(uri.fsPath, conversionScript))
    return another ? chooseModelFolder(conversionScript) : undefined
  }
}

/** Whether the folder can be loaded; false if the user cancelled the creation of a missing `config.json`. */
async function isUsable(folder: string): Promise<boolean> {
  try {
    await checkModelFiles(filesOfFolder(folder))
    return true
  } catch (error) {
    if (!(error instanceof NoConfigError)) throw error
    return createConfig(folder)
  }
}

/** Asks for the missing settings and saves `config.json`; false if the user cancels. */
async function createConfig(folder: string): Promise<boolean> {
  const proposed = await proposeConfigOf(filesOfFolder(folder))
  // The tensors determine everything but heads and activation, so a wrong checkpoint is rejected before any question.
  await checkTensors(
    filesOfFolder(folder),
    writeConfig(proposed, { nHead: proposed.nHead, activation: 'gelu_new' }),
  )

  const nHead = await askHeads(proposed)
  if (nHead === undefined) return false
  const activation = await askActivation()
  if (activation === undefined) return false
  const config = writeConfig(proposed, { nHead, activation })
  const save = `Save ${CONFIG_FILE}`
  const answer = await vscode.window.showInformationMessage(
    `Save ${CONFIG_FILE} next to the weights?`,
    { modal: true, detail: `${folder}\n\n${config}` },
    save,
  )
  if (answer !== save) return false
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
  const answer = await vscode.window.showErrorMessage(plainMessage(error.message), ...actions)
  if (answer === COPY_COMMAND) await copyCommand()
  return answer === CHOOSE_ANOTHER
}

async function copyConversionCommand(folder: string, script: string): Promise<void> {
  await vscode.env.clipboard.writeText(conversionCommand({ script, folder, files: await readdir(folder) }))
  void vscode.window.showInformationMessage(
    'Command copied. Run it in a terminal whose Python has PyTorch, then choose the folder again.',
  )
}
