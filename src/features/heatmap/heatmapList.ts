import * as vscode from 'vscode'
import { withLateProgress } from '../../editor/ui/lateProgress'
import { TokenHighlight } from '../../editor/ui/tokenHighlight'
import { offsetsOf } from '../../editor/documents/inspectionTarget'
import { type ScoredToken, mostSurprising } from '../../prediction/live/surprisingTokens'
import { elementAt } from '../../shared/elementAt'
import { CancelledError } from '../../shared/errors'
import { formatCount, formatDecimal, formatWholePercent } from '../../shared/text/format'
import type { Alternative } from '../../shared/contracts/engine/prediction'
import { showToken, speakToken, tokenPieces } from '../../shared/text/tokenText'
import type { Vocabulary } from '../../shared/text/vocabulary'
import type { HeatmapDocument } from './heatmapDocument'
import { goToToken, showNoneFound } from './heatmapNavigation'

/** A longer list would not be read to its end. */
const MAX_ITEMS = 200
/** Often enough to show progress. */
const TOKENS_BETWEEN_REPORTS = 255

interface SurprisingItem extends vscode.QuickPickItem {
  readonly range: vscode.Range
}

/**
 * Lists the most surprising tokens of the whole document; the active item's token is shown in the editor.
 * If the user cancels the scoring, the list has only the tokens scored so far.
 * @throws what `LiveScores` throws, CancelledError only if `signal` has aborted
 */
export async function goToSurprising(
  heatmap: HeatmapDocument,
  editor: vscode.TextEditor,
  vocabulary: () => Promise<Vocabulary>,
  signal: AbortSignal,
): Promise<void> {
  await scoreAll(heatmap, signal)
  signal.throwIfAborted()
  const words = await vocabulary()
  const items = mostSurprising(heatmap.scores, 'surprisal', 2)
    .filter(({ stale }) => !stale)
    .slice(0, MAX_ITEMS)
    .map((scored) => itemOf(heatmap, scored, words))
  if (items.length === 0) showNoneFound()
  else await pick(editor, items, signal)
}

async function scoreAll(heatmap: HeatmapDocument, signal: AbortSignal): Promise<void> {
  try {
    await withLateProgress('Scoring the document…', signal, async (running, report) => {
      await heatmap.bringUpToDate(running)
      const total = heatmap.scores.tokens.tokenIds.length
      for (let from = 0; from < total; from += TOKENS_BETWEEN_REPORTS) {
        report(`${formatCount(from)} of ${formatCount(total)} tokens`)
        await heatmap.scores.scoreTokens(
          { from, to: Math.min(from + TOKENS_BETWEEN_REPORTS, total) },
          { signal: running },
        )
      }
    })
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error
  }
}

/** `·catch`, `10.35 bits, rank 74`, `line 5, expected newline 57 %` */
function itemOf(
  heatmap: HeatmapDocument,
  { token, score }: ScoredToken,
  vocabulary: Vocabulary,
): SurprisingItem {
  const range = heatmap.rangeOfToken(token)
  const expected = score.top.at(0)
  return {
    label: showToken(vocabulary.bytesOf(elementAt(heatmap.scores.tokens.tokenIds, token))),
    description: `${formatDecimal(score.surprisal)} bits, rank ${formatCount(score.rank)}`,
    detail: [`line ${range.start.line + 1}`, ...(expected ? [expectation(expected, vocabulary)] : [])].join(
      ', ',
    ),
    range,
  }
}

/** `expected ·Error 57 %`; a token of white space is written as a word, which is easier to read. */
function expectation({ tokenId, logProb }: Alternative, vocabulary: Vocabulary): string {
  const bytes = vocabulary.bytesOf(tokenId)
  const hasText = tokenPieces(bytes).some(({ kind }) => kind === 'text')
  return `expected ${hasText ? showToken(bytes) : speakToken(bytes)} ${formatWholePercent(Math.exp(logProb))}`
}

async function pick(
  editor: vscode.TextEditor,
  items: readonly SurprisingItem[],
  signal: AbortSignal,
): Promise<void> {
  const list = vscode.window.createQuickPick<SurprisingItem>()
  const highlight = new TokenHighlight()
  const visibleBefore = editor.visibleRanges.at(0)
  list.title = 'Surprising tokens'
  list.placeholder = 'Most surprising first; type to filter by token, line or rank'
  list.matchOnDescription = true
  list.matchOnDetail = true
  list.items = items
  list.onDidChangeActive(([active]) => {
    if (active !== undefined) highlight.show(editor.document, offsetsOf(editor.document, active.range))
  })
  const picked = await new Promise<SurprisingItem | undefined>((resolve) => {
    list.onDidAccept(() => {
      resolve(list.activeItems.at(0))
      list.hide()
    })
    list.onDidHide(() => {
      resolve(undefined)
    })
    list.show()
  })
  list.dispose()
  highlight.dispose()
  if (picked !== undefined) await goToToken(editor, picked.range, signal)
  else if (visibleBefore !== undefined) editor.revealRange(visibleBefore, vscode.TextEditorRevealType.AtTop)
}
