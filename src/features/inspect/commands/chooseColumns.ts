import * as vscode from 'vscode'
import { readSettings, writeSetting } from '../../../editor/settings'
import { COLUMNS, type Column } from '../../../shared/contracts/panel/protocol'

/** Asks which columns the panel's table shows, and writes the setting. */
export async function chooseColumns(): Promise<void> {
  const shown = readSettings().columns
  const items = COLUMNS.map((column) => ({
    label: COLUMN_LABELS[column],
    column,
    picked: shown.includes(column),
  }))
  const chosen = await vscode.window.showQuickPick(items, {
    title: 'Choose Columns',
    canPickMany: true,
  })
  if (chosen !== undefined)
    await writeSetting(
      'columns',
      chosen.map(({ column }) => column),
    )
}

const COLUMN_LABELS: Record<Column, string> = {
  tokenId: 'Token id',
  logit: 'Logit',
  logProb: 'Log-probability (nats)',
  probability: 'Probability',
  rank: 'Rank',
  surprisal: 'Surprisal (bits)',
  entropy: 'Entropy (bits)',
  depth: 'Prediction depth (where Lens computed it)',
  alternatives: 'Top predictions',
}
