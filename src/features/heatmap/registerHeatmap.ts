import type { FeatureOptions } from '../../editor/feature'
import { registerCommands } from '../../editor/registerCommands'
import { onSettingsChange } from '../../editor/settings'
import { Heatmap } from './heatmap'

/** Colours the editor's tokens by a metric, and moves the cursor between surprising ones. */
export function registerHeatmap({ context, service, log }: FeatureOptions): Heatmap {
  const heatmap = new Heatmap({ service, log, memory: context.workspaceState })
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
      if (changed('heatmapMetric') || changed('startToken')) heatmap.settingsChanged()
    }),
  )
  return heatmap
}
