import * as vscode from 'vscode'
import { documentNameOf } from '../../editor/documents/documentName'
import { type Log, logError } from '../../editor/log'
import { showError, showInformation } from '../../editor/ui/notifications'
import { FileChangedError, IncompleteArrayFileError, PickledArrayError } from '../../files/source/errors'
import { type Framework, SNIPPET_FILE, snippetOf } from '../../files/logits/snippets'
import type { PredictionService } from '../../prediction/windows/predictionService'
import { assertNever } from '../../shared/assertNever'
import type { CheckAction } from '../../shared/contracts/check/checkProtocol'
import { verdictTitle } from '../../shared/text/checkText'
import { formatCount, formatCounted } from '../../shared/text/format'
import { askForFile, askForFramework, askForOrigin, askForTarget, askForText } from './askForCheck'
import { describeCheckFailure } from './checkFailure'
import { type LogitsChecker, OFFERED_MODEL_ID } from './logitsChecker'
import { CheckPanel, type CheckPanelListener } from './panel/checkPanel'
import { CheckSession } from './session/checkSession'
import type { FileVersion } from './session/logitsWatch'
import { type CheckSubject, parseStoredCheck, type StoredCheck } from './session/storedCheck'

export interface CheckControllerOptions {
  readonly extensionUri: vscode.Uri
  /** Stores the session of this workspace. */
  readonly memento: vscode.Memento
  /** Folder for a copy of the first of two runs. */
  readonly storageUri: vscode.Uri
  readonly service: PredictionService
  readonly checker: LogitsChecker
  /** Downloads a model of the registry after asking the user; true if it is installed then. */
  readonly download: (id: string) => Promise<boolean>
  readonly log: Log
}

const STORED_CHECK = 'check'
/** Positions of GPT-2. */
const MAX_TOKENS = 1024

/** The command Check My GPT-2 with its panel. There is one session in a window; a new one replaces it. */
export class CheckController implements vscode.Disposable {
  private session: CheckSession | undefined
  private panel: CheckPanel | undefined

  constructor(private readonly options: CheckControllerOptions) {}

  /** @param file from the explorer's menu; undefined to ask for everything */
  async check(file?: vscode.Uri): Promise<void> {
    if (file !== undefined) return this.checkFile(file)
    const origin = await askForOrigin()
    if (origin === undefined) return
    if (origin.kind === 'file') {
      const chosen = await askForFile()
      return chosen && this.checkFile(chosen)
    }
    const text = await askForText()
    const target = text === undefined ? undefined : await askForTarget(SNIPPET_FILE)
    if (text === undefined || target === undefined) return
    const subject = { uri: target.toString(), text }
    if (await this.copySnippet(subject, origin.framework)) this.begin(subject)
  }

  /** Takes over the panel that VS Code restored after a reload. */
  restore(webviewPanel: vscode.WebviewPanel): void {
    const before = this.panel
    this.panel = new CheckPanel(webviewPanel, this.options.extensionUri, this.listener())
    before?.dispose()
    const stored = parseStoredCheck(this.options.memento.get(STORED_CHECK))
    if (stored !== undefined && this.session === undefined) this.begin(stored.subject, stored)
  }

  dispose(): void {
    this.session?.dispose()
    const { panel } = this
    // The stored check stays for the next start.
    this.panel = undefined
    panel?.dispose()
  }

  /** A file that exists. Its ids are used if it has them. */
  private async checkFile(file: vscode.Uri): Promise<void> {
    try {
      const text = (await this.options.checker.hasIds(file.toString())) ? null : await askForText()
      if (text !== undefined) this.begin({ uri: file.toString(), text })
    } catch (error) {
      await this.refuse(file, error)
    }
  }

  private async refuse(file: vscode.Uri, error: unknown): Promise<void> {
    const message = logError(this.options.log, `Opening ${file.toString(true)} failed`, error)
    const button = error instanceof PickledArrayError ? 'Copy Conversion Line' : 'Choose Another File…'
    const answer = await showError(message, button)
    if (answer === undefined) return
    if (error instanceof PickledArrayError) await copy(error.conversion, 'Conversion line')
    else await this.chooseFile()
  }

  private async chooseFile(): Promise<void> {
    const chosen = await askForFile()
    if (chosen !== undefined) await this.checkFile(chosen)
  }

  /** The same file with a text. */
  private async chooseText(): Promise<void> {
    const { session } = this
    const text = session === undefined ? undefined : await askForText()
    if (session !== undefined && text !== undefined) this.begin({ uri: session.subject.uri, text })
  }

  /** Starts a session in place of the current one, and shows it. */
  private begin(subject: CheckSubject, stored?: StoredCheck): void {
    const { checker, log, memento } = this.options
    const uri = vscode.Uri.parse(subject.uri, true)
    this.session?.dispose()
    const session: CheckSession = new CheckSession({
      subject,
      fileName: documentNameOf(uri),
      ...(stored && { stored }),
      version: () => versionOf(uri),
      check: (request) => checker.check(request),
      isIncomplete: (error) => error instanceof IncompleteArrayFileError || error instanceof FileChangedError,
      describeFailure: (error) => {
        logError(log, 'Checking the logits failed', error)
        return describeCheckFailure(error)
      },
      onShow: (check) => {
        this.panel?.post({ type: 'showCheck', check })
        if (this.panel?.visible !== true) this.notify(session)
      },
      onActivity: (activity) => {
        this.panel?.post({ type: 'setActivity', activity })
      },
      save: (saved) => void memento.update(STORED_CHECK, saved),
    })
    this.session = session
    if (this.panel === undefined) this.panel = CheckPanel.open(this.options.extensionUri, this.listener())
    else if (stored === undefined) this.panel.reveal()
    this.panel.post({ type: 'showCheck', check: session.shown })
    session.start()
  }

  private listener(): CheckPanelListener {
    return {
      onReady: () => {
        const { session } = this
        if (session !== undefined) this.panel?.post({ type: 'showCheck', check: session.shown })
      },
      onAction: (action: CheckAction) => {
        this.act(action).catch((error: unknown) => {
          void showError(logError(this.options.log, `The action “${action}” failed`, error))
        })
      },
      // Closing the panel ends the watch.
      onClose: (panel) => {
        if (this.panel !== panel) return
        this.panel = undefined
        this.session?.dispose()
        this.session = undefined
        void this.options.memento.update(STORED_CHECK, undefined)
      },
    }
  }

  private async act(action: CheckAction): Promise<void> {
    const { session } = this
    switch (action) {
      case 'cancel':
        session?.cancel()
        return
      case 'checkAgain':
        session?.checkAgain()
        return
      case 'chooseFile':
        return this.chooseFile()
      case 'chooseText':
        return this.chooseText()
      case 'compareRuns':
        return session && this.compareRuns(session)
      case 'copySnippet':
        return session && this.copyAgain(session.subject)
      case 'copyConversion':
        return this.copyConversion()
      case 'downloadReference':
        if (await this.options.download(OFFERED_MODEL_ID)) session?.checkAgain()
        return
      case 'newCheck':
        return this.check()
      case 'saveEmbeddedModel':
        await vscode.commands.executeCommand('logitscope.saveEmbeddedModel')
        return
      case 'showLog':
        this.options.log.show()
        return
      default:
        assertNever(action)
    }
  }

  private async copyAgain(subject: CheckSubject): Promise<void> {
    const framework = await askForFramework()
    if (framework === undefined) return
    const text = subject.text ?? (await askForText())
    if (text === undefined) return
    await this.copySnippet({ ...subject, text }, framework)
    if (subject.text === null) this.begin({ ...subject, text })
  }

  /** False if the text cannot be checked; the user has seen why. */
  private async copySnippet({ uri, text }: CheckSubject, framework: Framework): Promise<boolean> {
    if (text === null) return false
    const { tokenIds } = await this.options.service.tokenize(text)
    if (tokenIds.length > MAX_TOKENS) {
      void showError(
        `The text has ${formatCounted(tokenIds.length, 'token')}, and GPT-2 reads at most ${formatCount(MAX_TOKENS)}. Select a shorter text.`,
      )
      return false
    }
    const { scheme, fsPath, path } = vscode.Uri.parse(uri, true)
    const file = scheme === 'file' ? fsPath : path.slice(path.lastIndexOf('/') + 1)
    await copy(snippetOf({ framework, text, tokenIds: [...tokenIds], file }), 'Snippet')
    return true
  }

  /** Keeps a copy of the file, because the second run replaces it. */
  private async compareRuns(session: CheckSession): Promise<void> {
    const { storageUri } = this.options
    const copied = vscode.Uri.joinPath(storageUri, 'firstRun')
    await vscode.workspace.fs.createDirectory(storageUri)
    await vscode.workspace.fs.copy(vscode.Uri.parse(session.subject.uri, true), copied, { overwrite: true })
    session.awaitSecondRun(copied.toString())
  }

  private async copyConversion(): Promise<void> {
    const { activity } = this.session?.shown ?? {}
    if (activity?.kind !== 'failed' || activity.conversion === undefined) return
    await copy(activity.conversion, 'Conversion line')
  }

  /** Says the verdict while the panel is hidden. */
  private notify({ shown: { result, fileName } }: CheckSession): void {
    if (result === null) return
    void showInformation(`${fileName}: ${verdictTitle(result.report)}.`, 'Show').then((answer) => {
      if (answer !== undefined) this.panel?.reveal()
    })
  }
}

async function copy(text: string, what: string): Promise<void> {
  await vscode.env.clipboard.writeText(text)
  vscode.window.setStatusBarMessage(`$(check) ${what} copied`, 3000)
}

/** Undefined if the file does not exist. */
async function versionOf(uri: vscode.Uri): Promise<FileVersion | undefined> {
  try {
    const { mtime, size } = await vscode.workspace.fs.stat(uri)
    return { mtime, size }
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined
    throw error
  }
}
