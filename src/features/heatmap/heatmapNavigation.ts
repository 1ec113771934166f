import * as vscode from 'vscode'
import { readSettings } from '../../editor/settings'
import { withLateProgress } from '../../editor/ui/lateProgress'
import { showInformation } from '../../editor/ui/notifications'
import { type Direction, findSurprising } from '../../prediction/live/surprisingTokens'
import { delay } from '../../shared/delay'
import type { HeatmapDocument } from './heatmapDocument'

/**
 * Moves the cursor to the nearest token of step 4 or 5 in a direction, wrapping around the end of the document.
 * @throws what `LiveScores` throws
 */
export async function goToNeighbour(
  heatmap: HeatmapDocument,
  editor: vscode.TextEditor,
  direction: Direction,
  signal: AbortSignal,
): Promise<void> {
  const found = await withLateProgress(TITLES[direction], signal, async (running) => {
    await heatmap.bringUpToDate(running)
    const offset = editor.document.offsetAt(editor.selection.active)
    const { heatmapMetric: metric } = readSettings()
    return findSurprising(heatmap.scores, { offset, direction, metric }, running)
  })
  if (found === undefined) showNoneFound()
  else await goToToken(editor, heatmap.rangeOfToken(found.token), signal)
}

/**
 * Moves the cursor to the token's first visible character and shows the hover there.
 * @throws CancelledError if `signal` aborts before the hover is shown
 */
export async function goToToken(
  editor: vscode.TextEditor,
  range: vscode.Range,
  signal: AbortSignal,
): Promise<void> {
  const place = firstVisible(editor.document, range)
  await vscode.window.showTextDocument(editor.document, {
    viewColumn: editor.viewColumn,
    selection: new vscode.Range(place, place),
  })
  editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport)
  await delay(SCROLLING_MS, signal)
  // VS Code focuses the hover by itself if a screen reader is on; otherwise this replaces an open hover.
  await vscode.commands.executeCommand('editor.action.showHover', { focus: 'noAutoFocus' })
}

/**
 * VS Code scrolls sideways at its next frame, or smoothly for 125 ms, and hides the hover when it scrolls. It has no event
 * for scrolling sideways.
 */
const SCROLLING_MS = 150

export function showNoneFound(): void {
  void showInformation('This document has no surprising token.')
}

const TITLES: Readonly<Record<Direction, string>> = {
  next: 'Looking for the next surprising token…',
  previous: 'Looking for the previous surprising token…',
}

function firstVisible(document: vscode.TextDocument, range: vscode.Range): vscode.Position {
  const spaces = document.getText(range).search(/\S/)
  return spaces <= 0 ? range.start : document.positionAt(document.offsetAt(range.start) + spaces)
}
