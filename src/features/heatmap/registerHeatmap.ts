import type { FeatureOptions } from '../../editor/registration/feature'
import { registerCommands } from '../../editor/registration/registerCommands'
import { onSettingsChange } from '../../editor/settings'
import { Heatmap, type HeatmapOptions } from './heatmap'

/** Colours the editor's tokens by a metric, and moves the cursor between surprising ones. */
export function registerHeatmap({
  context,
  service,
  log,
  inspection,
}: FeatureOptions & Pick<HeatmapOptions, 'inspection'>): Heatmap {
  const heatmap = new Heatmap({ service, log, inspection, memory: context.workspaceState })
  context.subscriptions.push(
    heatmap,
    registerCommands({
      showHeatmap: () => {
        heatmap.show()
      },
      hideHeatmap: () => {
        heatmap.hide()
      },
      nextSurprising: () => heatmap.goToNeighbour('next'),
      previousSurprising: () => heatmap.goToNeighbour('previous'),
      goToSurprising: () => heatmap.goToSurprising(),
    }),
    onSettingsChange((changed) => {
      if (changed('heatmapMetric') || changed('heatmapDelta') || changed('startToken'))
        heatmap.settingsChanged()
    }),
  )
  return heatmap
}
