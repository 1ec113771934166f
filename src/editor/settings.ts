import * as vscode from 'vscode'
import { MAX_THREADS } from '../engine/contract/engineOptions'
import { BACKEND_CHOICES, type BackendChoice } from '../shared/contracts/engine/backends'
import { COLUMNS, type Column } from '../shared/contracts/panel/protocol'
import { isRecord } from '../shared/isRecord'
import { METRICS, type Metric } from '../shared/numbers/metrics'
import { DEFAULT_ENDPOINT } from '../model/hub/endpoint'
import type { ContextMode } from '../shared/contracts/panel/inspection'
import {
  DEFAULT_MODEL_ID,
  DEFAULT_TOP_K,
  MAX_TOP_K,
  type Precision,
  PRECISIONS,
} from '../shared/contracts/engine/prediction'
import { defaultPrecisionOf } from '../model/registry'
import type { SamplingSettings } from '../shared/contracts/engine/samplingSettings'

export const HOVER_MODES = ['inspected', 'always', 'off'] as const
export type HoverMode = (typeof HOVER_MODES)[number]

/** The user's settings. Invalid values of settings.json are replaced by defaults or clamped to their bounds. */
export interface Settings {
  readonly context: ContextMode
  readonly startToken: boolean
  readonly topK: number
  readonly columns: readonly Column[]
  /** Milliseconds. */
  readonly hoverTimeLimit: number
  readonly heatmapMetric: Metric
  /** Whether the colours are those of Δ while the panel compares the document. */
  readonly heatmapDelta: boolean
  /** 0 = chosen from the machine's cores, see `defaultThreads`. */
  readonly threads: number
  readonly backend: BackendChoice
  /** A model's id, or the folder of a checkpoint. */
  readonly model: string
  /** Precisions that the user has set, by model id or folder. */
  readonly precision: Readonly<Record<string, Precision>>
  /** Address that models are downloaded from; not validated, see `parseEndpoint`. */
  readonly hubEndpoint: string
}

/** How completions are generated; the same for every document. */
export interface CompletionSettings {
  /** 1 to 16. */
  readonly lines: number
  /** 1 to 10. */
  readonly candidates: number
  /** 0 to 1. */
  readonly minProbability: number
  readonly sampling: SamplingSettings
  readonly seed: number
}

const SECTION = 'logitscope'

export function readSettings(): Settings {
  const configuration = vscode.workspace.getConfiguration(SECTION)
  const columns = configuration.get<unknown>('columns')
  return {
    context: configuration.get('context') === 'selection' ? 'selection' : 'document',
    startToken: configuration.get('startToken') !== false,
    topK: wholeNumber(configuration.get('topK'), 1, MAX_TOP_K, DEFAULT_TOP_K),
    columns: Array.isArray(columns) ? COLUMNS.filter((column) => columns.includes(column)) : COLUMNS,
    hoverTimeLimit: wholeNumber(configuration.get('hoverTimeLimit'), 0, 10_000, 500),
    heatmapDelta: configuration.get('heatmapDelta') !== false,
    heatmapMetric: oneOf(configuration.get('heatmapMetric'), METRICS),
    threads: wholeNumber(configuration.get('threads'), 0, MAX_THREADS, 0),
    backend: oneOf(configuration.get('backend'), BACKEND_CHOICES),
    model: text(configuration.get('model'), DEFAULT_MODEL_ID),
    precision: precisions(configuration.get('precision')),
    hubEndpoint: text(configuration.get('hubEndpoint'), DEFAULT_ENDPOINT),
  }
}

/** The hover mode of a document: that of its language if it has one. */
export function readHoverMode(scope?: vscode.ConfigurationScope): HoverMode {
  return oneOf(vscode.workspace.getConfiguration(SECTION, scope).get('hover'), HOVER_MODES)
}

/** Writes the mode where the document has it from: its language's setting or the general one, workspace or user. */
export async function writeHoverMode(mode: HoverMode, scope?: vscode.ConfigurationScope): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION, scope)
  const { globalLanguageValue, workspaceLanguageValue, workspaceValue } = configuration.inspect('hover') ?? {}
  const forLanguage = (workspaceLanguageValue ?? globalLanguageValue) !== undefined
  const inWorkspace = (forLanguage ? workspaceLanguageValue : workspaceValue) !== undefined
  await configuration.update(
    'hover',
    mode,
    inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
    forLanguage,
  )
}

/** The precision of a model, given by id or folder: the user's setting, or else fp32 if the model can be loaded in it. */
export function readPrecision(model: string): Precision {
  const { precision } = readSettings()
  const chosen = Object.hasOwn(precision, model) ? precision[model] : undefined
  return chosen ?? defaultPrecisionOf(model)
}

/** Sets the precision of a model, given by id or folder. */
export async function writePrecision(model: string, precision: Precision): Promise<void> {
  await writeSetting('precision', { ...readSettings().precision, [model]: precision })
}

export function readCompletionSettings(): CompletionSettings {
  const configuration = vscode.workspace.getConfiguration(`${SECTION}.completion`)
  const sampling = configuration.get<unknown>('sampling')
  const { temperature, topK, topP, minP, seed } = isRecord(sampling) ? sampling : {}
  return {
    lines: wholeNumber(configuration.get('lines'), 1, 16, 1),
    candidates: wholeNumber(configuration.get('candidates'), 1, 10, 3),
    minProbability: number(configuration.get('minProbability'), 0, 1, 0.1),
    sampling: {
      temperature: number(temperature, 0, 2, 0),
      topK: wholeNumber(topK, 0, Infinity, 0),
      topP: number(topP, 0, 1, 1),
      minP: number(minP, 0, 1, 0),
    },
    seed: wholeNumber(seed, 0, 2 ** 32 - 1, 1),
  }
}

/** Writes a setting to the workspace if it is set there, else to the user settings. */
export async function writeSetting<K extends keyof Settings>(key: K, value: Settings[K]): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SECTION)
  const inWorkspace = configuration.inspect(key)?.workspaceValue !== undefined
  await configuration.update(
    key,
    value,
    inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global,
  )
}

/** Calls `listener` after a change of settings; `changed` tells whether a setting is affected. */
export function onSettingsChange(
  listener: (changed: (key: keyof Settings) => boolean) => void,
): vscode.Disposable {
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (!event.affectsConfiguration(SECTION)) return
    listener((key) => event.affectsConfiguration(`${SECTION}.${key}`))
  })
}

/** The value if it is one of `values`, else the first of them. */
function oneOf<T extends string>(value: unknown, values: readonly [T, ...T[]]): T {
  return values.find((known) => known === value) ?? values[0]
}

function text(value: unknown, fallback: string): string {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : fallback
}

/** Entries with an unknown precision are dropped. */
function precisions(value: unknown): Record<string, Precision> {
  if (typeof value !== 'object' || value === null) return {}
  const entries = Object.entries(value).flatMap(([model, precision]) => {
    const known = PRECISIONS.find((name) => name === precision)
    return known === undefined ? [] : [[model, known] as const]
  })
  return Object.fromEntries(entries)
}

function number(value: unknown, low: number, high: number, fallback: number): number {
  return Number.isFinite(value) ? Math.min(Math.max(value as number, low), high) : fallback
}

function wholeNumber(value: unknown, low: number, high: number, fallback: number): number {
  return Number.isInteger(value) ? Math.min(Math.max(value as number, low), high) : fallback
}
