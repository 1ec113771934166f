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

/** As the setting has it. */
export function currentModel(): string | undefined {
  return settings().get<string>('model')
}

/** An id or a folder; undefined is what comes with the extension. */
export async function useModel(value: string | undefined): Promise<void> {
  await settings().update('model', value, vscode.ConfigurationTarget.Global)
}

/** The embedded model’s files under another name: as good as a checkpoint of one’s own. */
export async function copyEmbeddedModel(folder: string): Promise<void> {
  await cp(join(extension.extensionPath, 'media', 'models', 'mini'), folder, { recursive: true })
}
