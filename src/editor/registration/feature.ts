import type * as vscode from 'vscode'
import type { PredictionService } from '../../prediction/windows/predictionService'
import type { Log } from '../log'
import type { StatusEntry } from '../ui/statusEntries'

/** The services that `src/app/compose.ts` passes to every feature. */
export interface FeatureOptions {
  /** A feature pushes what it registers to `subscriptions`. */
  readonly context: vscode.ExtensionContext
  readonly service: PredictionService
  readonly log: Log
}

/** A feature that shows predictions, as `src/app/compose.ts` uses it. */
export interface Feature {
  readonly statusEntries: readonly StatusEntry[]
  /** Discards the predictions of the previous model. Called after the engine was restarted. */
  modelChanged(): void
}
