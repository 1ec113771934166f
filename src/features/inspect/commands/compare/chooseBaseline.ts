import * as vscode from 'vscode'
import { documentNameOf } from '../../../../editor/documents/documentName'
import { readPrecision, readSettings } from '../../../../editor/settings'
import { EMBEDDED_MODELS } from '../../../../model/registry'
import type { PinnedModelStore } from '../../../../model/store/pinnedModelStore'
import type { Baseline } from '../../../../shared/contracts/panel/comparison'
import type { Inspection } from '../../../../shared/contracts/panel/inspection'
import type { Precision } from '../../../../shared/contracts/engine/prediction'
import { plainMessage } from '../../../../shared/text/plainMessage'
import { isSameBaseline } from '../../session/baselines'

/** The models that the user can compare with. */
export interface ComparableModels {
  readonly store: Pick<PinnedModelStore, 'list'>
  /** Asks for the folder of a checkpoint; undefined if the user cancels. Undefined in a browser. */
  readonly chooseFolder: (() => Promise<string | undefined>) | undefined
}

export interface BaselineChoice {
  readonly inspection: Inspection
  readonly models: ComparableModels
  /** The newest first. */
  readonly recent: readonly Baseline[]
}

interface BaselineItem extends vscode.QuickPickItem {
  readonly baseline?: Baseline
  readonly ask?: () => Promise<Baseline | undefined>
}

/** Asks what an inspection is compared with; undefined if the user cancels. */
export async function chooseBaseline(choice: BaselineChoice): Promise<Baseline | undefined> {
  const { inspection } = choice
  const groups = [
    { label: 'models', items: await modelItems(choice) },
    ...(inspection.generation === undefined ? [{ label: 'texts', items: textItems(inspection) }] : []),
  ]
  const recent = recentItems(
    choice,
    groups.flatMap(({ items }) => items),
  )
  const others = groups.map(({ label, items }) => ({
    label,
    items: items.filter((item) => !recent.some(({ baseline }) => isOf(item, baseline))),
  }))
  const chosen = await vscode.window.showQuickPick(
    [{ label: 'recent', items: recent }, ...others].flatMap(({ label, items }) =>
      items.length === 0 ? [] : [separator(label), ...items],
    ),
    {
      title: 'Compare',
      placeHolder: plainMessage(`What to compare ${inspection.model.id} on ${inspection.documentName} with`),
      matchOnDescription: true,
    },
  )
  return chosen?.ask === undefined ? chosen?.baseline : chosen.ask()
}

/** The shown model in the precision that it is not shown in. */
export function otherPrecision({ model }: Inspection): Extract<Baseline, { kind: 'model' }> {
  return { kind: 'model', id: readSettings().model, precision: model.precision === 'fp32' ? 'int8' : 'fp32' }
}

/** The version of the inspected document on disk. */
export function savedVersion({ documentUri, documentName }: Inspection): Baseline {
  return { kind: 'text', source: 'saved', uri: documentUri, name: documentName }
}

async function modelItems({ inspection, models }: BaselineChoice): Promise<BaselineItem[]> {
  const { chooseFolder, store } = models
  const other = otherPrecision(inspection)
  const installed = (await store.list()).filter(({ state }) => state.kind === 'installed')
  const known = [
    ...EMBEDDED_MODELS,
    ...installed.map(({ model }): [string, string] => [model.id, model.description]),
  ]
  return [
    {
      label: plainMessage(`${inspection.model.id} ${other.precision}`),
      description: 'the same model in the other precision',
      baseline: other,
    },
    ...known
      .filter(([id]) => id !== inspection.model.id)
      .map(([id, description]) => modelItem(id, readPrecision(id), description)),
    ...(chooseFolder === undefined
      ? []
      : [
          {
            label: 'Choose a Folder…',
            description: 'a GPT-2 checkpoint on this machine',
            iconPath: new vscode.ThemeIcon('folder-opened'),
            ask: async () => {
              const folder = await chooseFolder()
              return folder === undefined ? undefined : modelOf(folder, readPrecision(folder))
            },
          },
        ]),
  ]
}

function textItems(inspection: Inspection): BaselineItem[] {
  return [
    {
      label: 'Saved Version',
      description: plainMessage(inspection.documentName),
      baseline: savedVersion(inspection),
    },
    contextItem(inspection),
    {
      label: 'Clipboard',
      description: 'in place of the inspected text',
      baseline: { kind: 'text', source: 'clipboard', name: 'clipboard' },
    },
    ...openDocuments(inspection).map(documentItem),
  ]
}

function contextItem({ context }: Inspection): BaselineItem {
  const hasContext = context === 'document'
  return {
    label: hasContext ? 'Without the Text Before' : 'With the Text Before',
    description: 'the same text in the other context',
    baseline: { kind: 'context' },
  }
}

/** The documents in the tabs of all editor groups, besides the inspected one. */
function openDocuments({ documentUri }: Inspection): vscode.Uri[] {
  const uris = vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []))
    .filter((uri) => uri.toString() !== documentUri)
  return [...new Map(uris.map((uri) => [uri.toString(), uri])).values()]
}

function documentItem(uri: vscode.Uri): BaselineItem {
  const name = documentNameOf(uri)
  return {
    label: plainMessage(name),
    description: 'another document',
    baseline: { kind: 'text', source: 'document', uri: uri.toString(), name },
  }
}

function modelItem(id: string, precision: Precision, description: string): BaselineItem {
  return {
    label: plainMessage(id),
    description: `${precision} · ${description}`,
    baseline: modelOf(id, precision),
  }
}

function modelOf(id: string, precision: Precision): Baseline {
  return { kind: 'model', id, precision }
}

/** The recent baselines that this inspection can have, as they are offered below, and documents and folders that are not. */
function recentItems(
  { inspection, recent }: BaselineChoice,
  offered: readonly BaselineItem[],
): BaselineItem[] {
  return recent.flatMap((baseline) => {
    const item = offered.find((other) => isOf(other, baseline))
    if (item !== undefined) return [item]
    if (baseline.kind === 'model') {
      const { id, precision } = baseline
      const isShown = id === readSettings().model && precision === inspection.model.precision
      return isShown ? [] : [modelItem(id, precision, 'recent')]
    }
    return []
  })
}

function isOf(item: BaselineItem, baseline: Baseline | undefined): boolean {
  return item.baseline !== undefined && baseline !== undefined && isSameBaseline(item.baseline, baseline)
}

function separator(label: string): BaselineItem {
  return { label, kind: vscode.QuickPickItemKind.Separator }
}
