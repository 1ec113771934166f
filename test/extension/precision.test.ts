import * as assert from 'node:assert/strict'
import * as vscode from 'vscode'
import type { PrecisionCostState } from '../../src/shared/contracts/prediction'
import {
  type MeasurementOptions,
  PrecisionCostMeasurement,
} from '../../src/features/inspect/precisionCostMeasurement'
import { inspect, settings } from './support/currentModel'
import { inspectFile, resultsAsText } from './support/results'

describe('the precision', () => {
  afterEach(async () => {
    await usePrecision(undefined)
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  it('is fp32 by default', async () => {
    assert.equal((await inspect()).precision, 'fp32')
  })

  it('changes as soon as it is set, and gives the same numbers again when it is set back', async () => {
    const before = await inspect()

    await usePrecision({ mini: 'int8' })
    const rounded = await inspect()
    await usePrecision(undefined)
    const after = await inspect()

    assert.equal(rounded.precision, 'int8')
    assert.notDeepEqual(rounded.positions, before.positions)
    assert.deepEqual(after.positions, before.positions)
  })

  it('does not change with the setting of another model', async () => {
    await usePrecision({ gpt2: 'int8' })

    assert.equal((await inspect()).precision, 'fp32')
  })

  it('is set by commands', async () => {
    await vscode.commands.executeCommand('logitscope.useInt8')
    assert.equal((await inspect()).precision, 'int8')

    await vscode.commands.executeCommand('logitscope.useFp32')
    assert.equal((await inspect()).precision, 'fp32')
  })

  it('cannot be set by a workspace', async () => {
    await assert.rejects(async () => {
      await settings().update('precision', { mini: 'int8' }, vscode.ConfigurationTarget.Workspace)
    })
  })
})

describe('Measure Precision Cost', () => {
  afterEach(async () => {
    await usePrecision(undefined)
    await vscode.commands.executeCommand('workbench.action.closeAllEditors')
  })

  for (const precision of ['fp32', 'int8']) {
    it(`is part of the results that were computed in ${precision}`, async () => {
      await usePrecision({ mini: precision })
      await inspectFile('readConfig.ts')

      await vscode.commands.executeCommand('logitscope.measurePrecisionCost')

      const results = await resultsAsText()
      const pattern =
        /int8 against fp32: \|Δ log-prob\| ([\d.]+) nats on average, ([\d.]+) at most · same top token in (\d+)/
      assert.match(results, pattern)
      const [, mean = NaN, max = NaN, same = NaN] = (pattern.exec(results) ?? []).map(Number)
      assert.ok(mean > 0 && mean <= max && max < 1, results)
      assert.ok(same >= 70, results)
    })
  }

  it('says why it is impossible if the model cannot be loaded in fp32', async () => {
    const states: PrecisionCostState[] = []
    const model = { id: 'gpt2-xl', parameters: 1_557_611_200, precision: 'int8' }
    const panel = {
      run: { inspection: { id: 'x', sections: [], model } },
      update: ({ state }: { readonly state: PrecisionCostState }) => {
        states.push(state)
      },
    }
    const measurement = new PrecisionCostMeasurement({
      panel,
      startEngine: () => assert.fail('an engine was started'),
    } as unknown as MeasurementOptions)

    await measurement.measure()

    const message = 'In fp32, gpt2-xl needs 6.2 GB and WASM can use 4 GB, so int8 cannot be compared to fp32.'
    assert.deepEqual(states, [{ kind: 'failed', message }])
  })

  it('changes nothing when it is cancelled', async () => {
    await inspectFile('readConfig.ts')

    const measuring = vscode.commands.executeCommand('logitscope.measurePrecisionCost')
    await vscode.commands.executeCommand('logitscope.cancelPrecisionCost')
    await measuring

    assert.doesNotMatch(await resultsAsText(), /against/)
    assert.equal((await inspect()).precision, 'fp32')
  })
})

async function usePrecision(value: Record<string, string> | undefined): Promise<void> {
  await settings().update('precision', value, vscode.ConfigurationTarget.Global)
}
