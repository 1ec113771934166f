import type * as vscode from 'vscode'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { Log } from '../log'
import type { StatusEntry } from '../ui/statusEntries'

/** What `src/app/compose.ts` gives every feature. */
export interface FeatureOptions {
  /** A feature pushes what it registers to `subscriptions`. */
  readonly context: vscode.ExtensionContext
  readonly service: PredictionService
  readonly log: Log
}

/** What `src/app/compose.ts` needs from a feature that shows predictions. */
export interface Feature {
  readonly statusEntries: readonly StatusEntry[]
  /** Discards the predictions of the previous model. Called after the engine was restarted. */
  modelChanged(): void
}
