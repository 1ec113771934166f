import type { FeatureOptions } from '../../editor/registration/feature'
import { registerCommands } from '../../editor/registration/registerCommands'
import { HoverPredictions, type HoverOptions } from './hoverPredictions'

/** Shows predictions in hovers over the editor's text. */
export function registerHover(
  options: FeatureOptions & Pick<HoverOptions, 'isWatched' | 'inspection'>,
): HoverPredictions {
  const hover = new HoverPredictions(options)
  options.context.subscriptions.push(hover, registerCommands({ toggleHover: () => hover.toggle() }))
  return hover
}
