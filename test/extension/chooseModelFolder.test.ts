import * as assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as vscode from 'vscode'
import { chooseModelFolder, type ChooseFolderOptions } from '../../src/features/models/chooseModelFolder'
import { conversionCommand } from '../../src/model/formats/conversionCommand'
import { checkFolder } from './support/checkFolder'
import { extension } from './support/extensionUnderTest'

const SCRIPT = join(extension.extensionPath, 'media', 'convert_checkpoint.py')
const OPTIONS: ChooseFolderOptions = { conversionScript: SCRIPT, checkFolder }
const MINI = join(extension.extensionPath, 'media', 'models', 'mini')

/** The user's answers in the dialogs. */
interface Answers {
  readonly folders: string[]
  /** Of messages. */
  readonly buttons?: string[]
  /** Undefined accepts the proposal. */
  readonly heads?: string
  readonly activation?: string
}

/** Texts that were shown, in their order. */
let shown: string[]
let folder: string
const { showOpenDialog, showErrorMessage, showInformationMessage, showInputBox, showQuickPick } =
  vscode.window

describe('Choose a Folder…', () => {
  beforeEach(async () => {
    shown = []
    folder = await mkdtemp(join(tmpdir(), 'logitscope-choose-'))
  })
  afterEach(async () => {
    Object.assign(vscode.window, {
      showOpenDialog,
      showErrorMessage,
      showInformationMessage,
      showInputBox,
      showQuickPick,
    })
    await rm(folder, { recursive: true })
  })

  it('returns a folder that has a model', async () => {
    answer({ folders: [MINI] })
    assert.equal(await chooseModelFolder(OPTIONS), MINI)
    assert.deepEqual(shown, [])
  })

  it('returns nothing when the dialog is closed', async () => {
    answer({ folders: [] })
    assert.equal(await chooseModelFolder(OPTIONS), undefined)
  })

  it('says why a folder cannot be used and offers to choose another', async () => {
    answer({ folders: [folder, MINI], buttons: ['Choose Another Folder…'] })
    assert.equal(await chooseModelFolder(OPTIONS), MINI)
    assert.match(shown[0] ?? '', /model\.safetensors cannot be read/)
  })

  it('copies a command that converts pickle files', async () => {
    await writeFile(join(folder, 'ckpt.pt'), '')
    answer({ folders: [folder], buttons: ['Copy Conversion Command'] })
    assert.equal(await chooseModelFolder(OPTIONS), undefined)
    assert.match(shown[0] ?? '', /^PyTorch pickle files can run code, so Logitscope does not read them/)
    const command = await vscode.env.clipboard.readText()
    assert.equal(command, conversionCommand({ script: SCRIPT, folder, files: ['ckpt.pt'] }))
    assert.match(await readFile(SCRIPT, 'utf8'), /weights_only=True/)
  })

  it('makes a missing config.json from the shapes and the answers', async () => {
    await symlink(join(MINI, 'model.safetensors'), join(folder, 'model.safetensors'))
    answer({ folders: [folder], activation: 'gelu_new', buttons: ['Save config.json'] })
    assert.equal(await chooseModelFolder(OPTIONS), folder)
    assert.deepEqual(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')), {
      model_type: 'gpt2',
      activation_function: 'gelu_new',
      layer_norm_epsilon: 1e-5,
      n_layer: 6,
      n_head: 3,
      n_embd: 192,
      n_positions: 512,
      n_inner: null,
      vocab_size: 50257,
      tie_word_embeddings: true,
    })
  })

  it('accepts another number of heads only if it divides the dimensions', async () => {
    await symlink(join(MINI, 'model.safetensors'), join(folder, 'model.safetensors'))
    answer({ folders: [folder], heads: '5' })
    await assert.rejects(chooseModelFolder(OPTIONS), /divides 192/)
    answer({ folders: [folder], heads: '4', activation: 'gelu', buttons: ['Save config.json'] })
    assert.equal(await chooseModelFolder(OPTIONS), folder)
    assert.match(await readFile(join(folder, 'config.json'), 'utf8'), /"n_head": 4/)
  })

  it('saves nothing without confirmation', async () => {
    await symlink(join(MINI, 'model.safetensors'), join(folder, 'model.safetensors'))
    answer({ folders: [folder], activation: 'gelu_new', buttons: [] })
    assert.equal(await chooseModelFolder(OPTIONS), undefined)
    await assert.rejects(readFile(join(folder, 'config.json')), { code: 'ENOENT' })
  })
})

/** Replaces VS Code’s dialogs with functions that answer at once. */
function answer({ folders, buttons = [], heads, activation }: Answers): void {
  const remaining = { folders: [...folders], buttons: [...buttons] }
  const message = (text: string) => {
    shown.push(text)
    return Promise.resolve(remaining.buttons.shift())
  }
  Object.assign(vscode.window, {
    showOpenDialog: () => {
      const path = remaining.folders.shift()
      return Promise.resolve(path === undefined ? undefined : [vscode.Uri.file(path)])
    },
    showErrorMessage: message,
    showInformationMessage: message,
    showInputBox: (options: vscode.InputBoxOptions) => {
      const typed = heads ?? options.value ?? ''
      const refusal = options.validateInput?.(typed)
      return refusal === undefined
        ? Promise.resolve(typed)
        : Promise.reject(new Error(typeof refusal === 'string' ? refusal : 'refused'))
    },
    showQuickPick: (items: readonly vscode.QuickPickItem[]) =>
      Promise.resolve(items.find(({ label }) => label === activation)),
  })
}
