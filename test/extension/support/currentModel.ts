import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import * as vscode from 'vscode'
import type { LogitscopeApi } from '../../../src/app/api'
import { extension } from './extensionUnderTest'

const TEXT = 'const port = Number(process.env.PORT)'

/** A short text, scored by the current model. */
export async function inspect() {
  const api = (await extension.activate()) as LogitscopeApi
  return api.inspect({ text: TEXT })
}

export function settings(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration('logitscope')
}

/** The value of the setting. */
export function currentModel(): string | undefined {
  return settings().get<string>('model')
}

/** Sets the model by an id or a folder; undefined is the embedded one. */
export async function useModel(value: string | undefined): Promise<void> {
  await settings().update('model', value, vscode.ConfigurationTarget.Global)
}

/** Copies the embedded model into a folder, for a checkpoint of the user. */
export async function copyEmbeddedModel(folder: string): Promise<void> {
  await cp(join(extension.extensionPath, 'media', 'models', 'mini'), folder, { recursive: true })
}
