import * as vscode from 'vscode'
import { openText } from './support/openText'
import { panelIsOpen, panelTabs } from './support/results'
import { until } from './support/until'

const TEXT = 'const port = Number(process.env.PORT)\n'

describe('The place of the panel', () => {
  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closePanel')
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
    await vscode.commands.executeCommand('workbench.action.editorLayoutSingle')
  })

  it('is a group of its own beside the editor', async () => {
    await showText(vscode.ViewColumn.One)

    await inspect()

    await groupsAre(['text.txt', 'panel'])
  })

  it('is a new group if the group beside the editor has files', async () => {
    await showText(vscode.ViewColumn.Two, 'the other text\n')
    await showText(vscode.ViewColumn.One)

    await inspect()

    await groupsAre(['text.txt', 'panel', 'text.txt'])
  })

  it('is the empty group beside the editor', async () => {
    await showText(vscode.ViewColumn.One)
    await vscode.commands.executeCommand('vscode.setEditorLayout', { orientation: 0, groups: [{}, {}] })

    await inspect()

    await groupsAre(['text.txt', 'panel'])
  })

  it('is beside the editor that was used last if another group has the focus', async () => {
    await showText(vscode.ViewColumn.One)
    await openTerminalEditor()

    await inspect()

    await groupsAre(['text.txt', 'panel', 'terminal'])
  })

  it('is not taken by files that are opened while the panel is active', async () => {
    await showText(vscode.ViewColumn.One)
    await inspect()

    await openFromExplorer()

    await groupsAre(['text.txt text.txt', 'panel'])
  })

  it('leaves the lock of terminal editors as it is by default', async () => {
    await showText(vscode.ViewColumn.One)
    await openTerminalEditor()

    await openFromExplorer()

    await groupsAre(['text.txt text.txt', 'terminal'])
  })

  for (const { move, command, after } of [
    { move: 'in the first group', command: 'moveEditorToFirstGroup', after: ['text.txt panel'] },
    { move: 'below', command: 'moveEditorToBelowGroup', after: ['text.txt', 'panel'] },
    { move: 'left of the editor', command: 'moveActiveEditorGroupLeft', after: ['panel', 'text.txt'] },
  ]) {
    it(`stays where the user has put it: ${move}`, async () => {
      const editor = await showText(vscode.ViewColumn.One)
      await inspect()
      await vscode.commands.executeCommand(`workbench.action.${command}`)
      await groupsAre(after)
      await vscode.window.showTextDocument(editor.document, { viewColumn: columnOfText() })

      await inspect()

      await panelIsInFront()
      await groupsAre(after)
    })
  }

  it('stays behind the tabs of its group until it is revealed there', async () => {
    await showText(vscode.ViewColumn.One)
    await inspect()
    await showText(vscode.ViewColumn.Two)
    await vscode.window.showTextDocument(await openText(TEXT), vscode.ViewColumn.One)

    await inspect()

    await panelIsInFront()
    await groupsAre(['text.txt text.txt', 'panel text.txt'])
  })

  it('is beside the editor again after the panel was closed', async () => {
    await showText(vscode.ViewColumn.One)
    await inspect()
    await vscode.window.tabGroups.close(panelTabs())
    await groupsAre(['text.txt'])

    await inspect()

    await groupsAre(['text.txt', 'panel'])
  })

  it('is not locked after the panel was closed as the last editor', async () => {
    await inspect()
    await vscode.commands.executeCommand('workbench.action.closeAllGroups')
    await until(
      () => panelTabs().length === 0,
      () => groups().join(),
    )

    await openFromExplorer()

    await groupsAre(['text.txt'])
  })

  for (const focus of [
    'workbench.view.explorer',
    'logitscope.focusPanel',
    'workbench.action.terminal.focus',
    'workbench.panel.output.focus',
  ]) {
    it(`is kept by an inspection from ${focus}`, async () => {
      await showText(vscode.ViewColumn.One)
      await inspect()
      await vscode.commands.executeCommand(focus)

      await inspect()

      await groupsAre(['text.txt', 'panel'])
      await panelIsOpen(/^Logits: text\.txt$/)
    })
  }
})

async function inspect(): Promise<void> {
  await vscode.commands.executeCommand('logitscope.inspectLogits')
  await panelIsOpen()
}

async function showText(column: vscode.ViewColumn, text = TEXT): Promise<vscode.TextEditor> {
  return vscode.window.showTextDocument(await openText(text), { viewColumn: column, preview: false })
}

/** Opens a file as the Explorer does: in no named group. */
async function openFromExplorer(): Promise<void> {
  const { uri } = await openText('opened from the Explorer\n')
  await vscode.commands.executeCommand('vscode.open', uri, { preview: false })
}

async function openTerminalEditor(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.createTerminalEditorSide')
  await until(
    () => groups().includes('terminal'),
    () => groups().join(),
  )
}

function columnOfText(): vscode.ViewColumn {
  const group = vscode.window.tabGroups.all.find(({ tabs }) =>
    tabs.some(({ input }) => input instanceof vscode.TabInputText),
  )
  return group?.viewColumn ?? vscode.ViewColumn.One
}

/** Waits until the editor groups have these tabs. */
async function groupsAre(expected: readonly string[]): Promise<void> {
  await until(
    () => groups().join() === expected.join(),
    () => groups().join(),
  )
}

/** The tabs of each editor group, separated by spaces, in the order of the columns. */
function groups(): string[] {
  return vscode.window.tabGroups.all
    .toSorted((a, b) => a.viewColumn - b.viewColumn)
    .map(({ tabs }) => tabs.map(nameOf).join(' '))
}

async function panelIsInFront(): Promise<void> {
  await until(
    () => panelTabs()[0]?.isActive === true,
    () => `${groups().join()}: the panel is hidden`,
  )
}

function nameOf({ input, label }: vscode.Tab): string {
  if (input instanceof vscode.TabInputWebview) return 'panel'
  return input instanceof vscode.TabInputTerminal ? 'terminal' : label
}
