import * as vscode from 'vscode'
import { DEFAULT_ENDPOINT } from '../../model/hub/endpoint'
import { PINNED_MODELS } from '../../model/registry'
import { DEFAULT_MODEL_ID } from '../../shared/contracts/engine/prediction'

/** The model card: a file for the embedded model, the hub's page for a pinned one, undefined for a folder. */
export function modelCardOf(model: string, extensionUri: vscode.Uri): vscode.Uri | undefined {
  if (model === DEFAULT_MODEL_ID)
    return vscode.Uri.joinPath(extensionUri, 'media', 'models', model, 'README.md')
  const pinned = PINNED_MODELS.find(({ id }) => id === model)
  return pinned && vscode.Uri.parse(`${DEFAULT_ENDPOINT}/${pinned.repository}`)
}
