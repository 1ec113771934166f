import * as vscode from 'vscode'
import { type Log, logError } from '../../../editor/log'
import { assertNever } from '../../../shared/assertNever'
import type { TokenScore } from '../../../shared/contracts/engine/prediction'
import type { InspectionRun } from '../session/inspectionRun'
import type { InspectionSession } from '../session/inspectionSession'
import type { SessionUpdate } from '../session/sessionState'
import { storedSubject } from '../session/subjects'
import { StoredComparison } from './storedComparison'
import { StoredLens } from './storedLens'
import { StoredWhy } from './storedWhy'
import {
  decodeScores,
  encodeRanges,
  encodeScores,
  encodeTokenIds,
  FORMAT,
  headerOf,
  runOf,
  SCORES_PER_FILE,
  type StoredHeader,
} from './storedRun'

const MAX_STORED_INSPECTIONS = 10
/** While an inspection runs, a reload of the window loses at most the scores of this time. */
const SAVE_INTERVAL_MS = 2_000
/** Written in turns, because the window may close while one of them is written. */
const HEADER_FILES = ['header0.json', 'header1.json'] as const
const TOKEN_IDS_FILE = 'tokenIds'
const RANGES_FILE = 'ranges'

/**
 * Stores the newest inspections, one folder each, so that the panel can be restored after a reload of the window. Saving
 * an inspection again writes only what is new.
 */
export class InspectionStore implements vscode.Disposable {
  /** The stored folder of the inspection that was saved last. */
  private stored: StoredFolder | undefined
  /** Waits until the current save has ended; a newer save replaces it. */
  private waiting: InspectionRun | undefined
  private saving: Promise<void> | undefined
  private timer: ReturnType<typeof setTimeout> | undefined
  /** Returns the results to save when the timer ends. */
  private growing: (() => InspectionRun | undefined) | undefined
  private isDisposed = false

  constructor(
    private readonly folder: vscode.Uri,
    private readonly log: Log,
  ) {}

  /** Saves what a session shows, from now on. */
  follow(session: InspectionSession): vscode.Disposable {
    return session.onDidUpdate((update) => {
      const when = timeToSave(update)
      const { snapshot } = session
      if (when === 'now' && snapshot !== undefined) void this.save(snapshot)
      else if (when === 'soon') this.saveSoon(() => session.snapshot)
    })
  }

  /** Shows a stored inspection. No effect if it is not stored, or another one is requested or shown by then. */
  async restore(id: string, session: InspectionSession): Promise<void> {
    if (!session.isUntouched) return
    const run = await this.load(id)
    if (run !== undefined && session.isUntouched) session.restore({ subject: storedSubject(run) }, run)
  }

  /** Resolves when this run, or a newer one, is saved. Never rejects: a failure only means that a reload loses results. */
  save(run: InspectionRun): Promise<void> {
    this.stopTimer()
    // A run that ends because the window is reloaded is interrupted, not cancelled.
    if (this.isDisposed) return this.saving ?? Promise.resolve()
    this.waiting = run
    this.saving ??= this.saveWaiting().finally(() => (this.saving = undefined))
    return this.saving
  }

  /** Saves a run that is still running, at most once in `SAVE_INTERVAL_MS`. `current` returns its results by then. */
  saveSoon(current: () => InspectionRun | undefined): void {
    this.growing = current
    this.timer ??= setTimeout(() => {
      this.saveGrowing()
    }, SAVE_INTERVAL_MS)
  }

  /** Undefined if a file is missing or unreadable. */
  async load(id: string): Promise<InspectionRun | undefined> {
    const folder = this.folderOf(id)
    const read = async (name: string) => vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder, name))
    try {
      const header = newestHeader(
        await Promise.allSettled(HEADER_FILES.map(async (name) => parseHeader(await read(name)))),
      )
      if (header === undefined) return undefined
      const scores: (TokenScore | null)[] = []
      for (let file = 0; file * SCORES_PER_FILE < header.scored; file++) {
        scores.push(...decodeScores(await read(scoresFile(file, header)), header.inspection))
        if (scores.length < Math.min((file + 1) * SCORES_PER_FILE, header.scored)) break
      }
      const { saves } = header
      const completeFiles = Math.floor(scores.length / SCORES_PER_FILE)
      const stored = { ...newFolder(id), saves, completeFiles }
      this.stored = stored
      return runOf(header, {
        tokenIds: await read(TOKEN_IDS_FILE),
        ranges: await read(RANGES_FILE),
        scores,
        lens: await stored.lens.read(header.lens, read),
        why: await stored.why.read(header.why, read),
        compared:
          header.compared &&
          (await stored.comparison.read(header.compared, { ...header.inspection, saves, read })),
      })
    } catch (error) {
      this.log.info(`The inspection ${id} could not be restored: ${String(error)}`)
      return undefined
    }
  }

  /** Saves what a run has scored so far, and nothing after it. Resolves when it is saved. */
  async close(): Promise<void> {
    this.saveGrowing()
    this.isDisposed = true
    await this.saving
  }

  dispose(): void {
    void this.close()
  }

  private saveGrowing(): void {
    const run = this.growing?.()
    this.stopTimer()
    if (run !== undefined) void this.save(run)
  }

  private stopTimer(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    this.growing = undefined
  }

  private async saveWaiting(): Promise<void> {
    for (let run = this.waiting; run !== undefined; run = this.waiting) {
      this.waiting = undefined
      try {
        await this.write(run)
      } catch (error) {
        this.stored = undefined
        logError(this.log, 'The inspection could not be saved', error)
      }
    }
  }

  /** The header is written last, so that it never names scores that are missing. */
  private async write(run: InspectionRun): Promise<void> {
    const { id } = run.inspection
    const folder = this.folderOf(id)
    const write = async (name: string, content: Uint8Array) =>
      vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder, name), content)
    const isNew = this.stored?.id !== id
    const stored = this.stored?.id === id ? this.stored : newFolder(id)
    this.stored = stored
    if (isNew) {
      await vscode.workspace.fs.createDirectory(folder)
      await write(TOKEN_IDS_FILE, encodeTokenIds(run))
      await write(RANGES_FILE, encodeRanges(run))
    }
    stored.saves++
    const { saves } = stored
    const compared = await stored.comparison.write(run.inspection, { saves, write })
    const header = headerOf(run, { saves, why: stored.why.filesOf(run.why), compared })
    for (let file = stored.completeFiles; file * SCORES_PER_FILE < header.scored; file++) {
      const from = file * SCORES_PER_FILE
      const to = Math.min(from + SCORES_PER_FILE, header.scored)
      await write(scoresFile(file, header), encodeScores(run, { from, to }))
      if (to === from + SCORES_PER_FILE) stored.completeFiles = file + 1
    }
    await stored.lens.write(run.lens, write)
    await stored.why.write(run.why, write)
    const headerFile = HEADER_FILES[saves % 2 === 0 ? 0 : 1]
    await write(headerFile, new TextEncoder().encode(JSON.stringify(header)))
    if (isNew) await this.deleteOldest()
  }

  /** The id comes from the webview's state, so characters that could leave the folder are replaced. */
  private folderOf(id: string): vscode.Uri {
    return vscode.Uri.joinPath(this.folder, id.replaceAll(/[^\w-]/g, '_'))
  }

  private async deleteOldest(): Promise<void> {
    const names = (await vscode.workspace.fs.readDirectory(this.folder)).map(([name]) => name)
    const entries = await Promise.all(
      names.map(async (name) => {
        const uri = vscode.Uri.joinPath(this.folder, name)
        return { uri, mtime: await savedAt(uri) }
      }),
    )
    entries.sort((a, b) => b.mtime - a.mtime)
    for (const { uri } of entries.slice(MAX_STORED_INSPECTIONS))
      await vscode.workspace.fs.delete(uri, { recursive: true })
  }
}

/** When to save the shown run after an update; undefined if the stored parts of it are as before. */
function timeToSave(update: SessionUpdate): 'now' | 'soon' | undefined {
  switch (update.type) {
    case 'request':
      return undefined
    case 'show':
      return update.how === 'restored' ? undefined : 'now'
    case 'setState':
    case 'setDocument':
      return 'now'
    case 'setComparison':
      return update.comparison === null ? 'now' : 'soon'
    case 'setComparisonState':
      return update.state.kind === 'running' ? 'soon' : 'now'
    case 'appendPredictions':
    case 'setNext':
    case 'setModel':
    case 'appendCompared':
    case 'explain':
      return 'soon'
    default:
      return assertNever(update)
  }
}

/** The stored parts of an inspection. */
interface StoredFolder {
  readonly id: string
  saves: number
  completeFiles: number
  readonly lens: StoredLens
  readonly why: StoredWhy
  readonly comparison: StoredComparison
}

function newFolder(id: string): StoredFolder {
  return {
    id,
    saves: 0,
    completeFiles: 0,
    lens: new StoredLens(),
    why: new StoredWhy(),
    comparison: new StoredComparison(),
  }
}

/**
 * The last file is written in turns until it is full, like the header: the window that was reloaded may still write while
 * the new one reads.
 */
function scoresFile(index: number, { scored, saves }: StoredHeader): string {
  const isFull = (index + 1) * SCORES_PER_FILE <= scored
  return isFull ? `scores${index}` : `lastScores${saves % 2}`
}

/** @throws SyntaxError if the file is incomplete */
function parseHeader(bytes: Uint8Array): StoredHeader {
  return JSON.parse(new TextDecoder().decode(bytes)) as StoredHeader
}

function newestHeader(headers: readonly PromiseSettledResult<StoredHeader>[]): StoredHeader | undefined {
  return headers
    .flatMap((header) => (header.status === 'fulfilled' ? header.value : []))
    .filter(({ format }) => format === FORMAT)
    .sort((a, b) => b.saves - a.saves)[0]
}

/** When the inspection in the folder was saved; 0 for what is not a saved inspection, such as a file of an older version. */
async function savedAt(folder: vscode.Uri): Promise<number> {
  const times = HEADER_FILES.map(async (name) => {
    const { mtime } = await vscode.workspace.fs.stat(vscode.Uri.joinPath(folder, name))
    return mtime
  })
  const known = (await Promise.allSettled(times)).map((time) =>
    time.status === 'fulfilled' ? time.value : 0,
  )
  return Math.max(...known)
}
