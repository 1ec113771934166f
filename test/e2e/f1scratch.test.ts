import { describe, it } from 'vitest'
import { panelOf } from './support/panel'
import { useWorkbench } from './support/useWorkbench'

const workbench = useWorkbench()
const { inspectSample, headerText } = panelOf(workbench)

describe('scratch', () => {
  it('compares', async () => {
    await inspectSample()
    await workbench().runCommand('Logitscope: Compare with Other Precision')
    await new Promise((r) => setTimeout(r, 6000))
    console.log(await headerText())
    await workbench().screenshot('f1-compare')
    await workbench().page.keyboard.press('F1')
    await workbench().page.keyboard.type('Logitscope: Compare…')
    await new Promise((r) => setTimeout(r, 1000))
    await workbench().page.keyboard.press('Enter')
    await new Promise((r) => setTimeout(r, 2000))
    await workbench().screenshot('f1-pick')
    await workbench().page.keyboard.press('Escape')
    await workbench().runCommand('Logitscope: Open Results as Text')
    await new Promise((r) => setTimeout(r, 2000))
    await workbench().screenshot('f1-text')
    console.log(workbench().consoleErrors)
  })
})
