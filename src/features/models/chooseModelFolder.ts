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
 * Asks for the folder of a GPT-2 checkpoint, which is looked through before it is given back: every tensor is
 * there and fits. Where only `config.json` is missing, the user is asked what no tensor tells, and the file is saved.
 * Undefined where the user gave up.
 */
export async function chooseModelFolder(): Promise<string | undefined> {
  const chosen = await vscode.window.showOpenDialog({
    title: 'Choose the Folder of a GPT-2 Model',
    openLabel: 'Use Model',
    canSelectFiles: false,
    canSelectFolders: true,
  })
  if (chosen === undefined) return undefined
  const [uri] = chosen
  try {
    if (uri.scheme !== 'file') {
      throw new ModelFilesError(`${uri.toString(true)} is not on the machine that the model would run on.`)
    }
    return (await isReady(uri.fsPath)) ? uri.fsPath : undefined
  } catch (error) {
    if (!(error instanceof LogitscopeError)) throw error
    return (await refuse(uri.fsPath, error)) ? chooseModelFolder() : undefined
  }
}

/** False where the user did not want the missing configuration. */
async function isReady(folder: string): Promise<boolean> {
  try {
    await checkModelFiles(filesOfFolder(folder))
    return true
  } catch (error) {
    if (!(error instanceof NoConfigError)) throw error
    return makesConfig(folder)
  }
}

async function makesConfig(folder: string): Promise<boolean> {
  const proposed = await proposeConfigOf(filesOfFolder(folder))
  // Neither heads nor activation show in a tensor, so all else can be refused before anything is asked.
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
    `Save ${CONFIG_FILE} beside the weights?`,
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
    prompt: 'How many attention heads has the model? GPT-2 has one for every 64 dimensions.',
    value: String(nHead),
    ignoreFocusOut: true,
    validateInput: (text) =>
      isHeadCount(text, nEmbd) ? undefined : `A whole number that divides the ${nEmbd} dimensions`,
  })
  return answer === undefined ? undefined : Number(answer)
}

function isHeadCount(text: string, nEmbd: number): boolean {
  return /^[1-9]\d*$/.test(text.trim()) && nEmbd % Number(text) === 0
}

async function askActivation(): Promise<Activation | undefined> {
  const items: (vscode.QuickPickItem & { activation: Activation })[] = [
    { label: 'gelu_new', description: 'GPT-2’s own: GELU in its tanh form', activation: 'gelu_new' },
    { label: 'gelu', description: 'PyTorch’s nn.GELU()', activation: 'gelu' },
    { label: 'relu', description: 'PyTorch’s nn.ReLU()', activation: 'relu' },
  ]
  const answer = await vscode.window.showQuickPick(items, {
    title: 'Which activation was it trained with?',
    ignoreFocusOut: true,
  })
  return answer?.activation
}

/** Says why the folder cannot be used; true where another one is to be chosen. */
async function refuse(folder: string, error: LogitscopeError): Promise<boolean> {
  const actions = error instanceof PickleFilesError ? [COPY_COMMAND, CHOOSE_ANOTHER] : [CHOOSE_ANOTHER]
  const answer = await vscode.window.showErrorMessage(plainMessage(error.message), ...actions)
  if (answer === COPY_COMMAND) await copyConversionCommand(folder)
  return answer === CHOOSE_ANOTHER
}

async function copyConversionCommand(folder: string): Promise<void> {
  const python = process.platform === 'win32' ? 'python' : 'python3'
  await vscode.env.clipboard.writeText(conversionCommand(folder, await readdir(folder), python))
  void vscode.window.showInformationMessage(
    'Command copied. Run it in a terminal whose Python has PyTorch, then choose the folder again.',
  )
}
