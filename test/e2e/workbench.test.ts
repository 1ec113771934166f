import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { REPO } from '../../scripts/paths.mjs'
import { useWorkbench } from './support/useWorkbench'

interface ContributedCommand {
  readonly category?: string
  readonly title: string
}

describe('the workbench with the packaged extension', () => {
  const workbench = useWorkbench()

  it('opens a file of the sample folder', async () => {
    await workbench().openFile('readConfig.ts')

    await workbench().selectText('readConfig')

    expect(await workbench().selectionStatus()).toBe('Ln 1, Col 33 (10 selected)')
  })

  it('offers the extension’s commands in the palette', async () => {
    const entries = await workbench().searchCommands('Logitscope:')

    const offered = (await entries.allInnerTexts()).join('\n')
    await workbench().screenshot('palette')
    await workbench().page.keyboard.press('Escape')
    expect(offered).toContain(titleOf('logitscope.inspectLogits'))
  })

  it('fills the panel for a selection, in every theme', async () => {
    await workbench().openFile('readConfig.ts')
    await workbench().selectLines(2, 3)

    await workbench().runCommand('Logitscope: Inspect Logits')

    await workbench().panel.getByRole('grid').getByRole('row').nth(1).waitFor()
    for (const theme of ['light', 'highContrast', 'highContrastLight', 'dark'] as const) {
      await workbench().setTheme(theme)
      await workbench().screenshot(`panel-${theme}`)
    }
    expect(workbench().consoleErrors).toEqual([])
  })
})

function titleOf(command: string): string {
  const { contributes } = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8')) as {
    contributes: { commands: (ContributedCommand & { command: string })[] }
  }
  const found = contributes.commands.find((contributed) => contributed.command === command)
  if (found === undefined) throw new Error(`${command} is not contributed`)
  return `${found.category}: ${found.title}`
}
