import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Workbench } from './workbench'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The violations of accessibility rules in the panel that axe rates serious or critical. */
export async function seriousViolations(workbench: Workbench): Promise<string[]> {
  const frame = await workbench.panelFrame()
  await frame.evaluate(AXE)
  const results = await frame.evaluate<AxeResults>("axe.run({ resultTypes: ['violations'] })")
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
}
