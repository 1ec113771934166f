import { NoConfigError } from '../../shared/errors'
import type { ModelFiles } from '../formats/modelFiles'
import { type ProposedConfig, writeConfig } from '../gpt2/proposedConfig'
import { checkTensors, proposeConfigOf, withModelFiles } from './openModelFiles'

/** The usable content that the check of a folder found. */
export type FolderReport =
  | { readonly kind: 'usable' }
  /** Only `config.json` is missing; the tensors determine all but heads and activation. */
  | { readonly kind: 'lacksConfig'; readonly proposed: ProposedConfig }

/**
 * Checks that the files have every tensor of a GPT-2 in the right shape. Reads the headers, and compares a head with
 * `wte`.
 * @throws what `withModelFiles` and `proposeConfigOf` throw, except NoConfigError
 */
export async function checkFolder(files: ModelFiles): Promise<FolderReport> {
  try {
    await withModelFiles(files, () => Promise.resolve())
    return { kind: 'usable' }
  } catch (error) {
    if (!(error instanceof NoConfigError)) throw error
    const proposed = await proposeConfigOf(files)
    // Any heads and activation: they change no tensor, so a wrong checkpoint is rejected before the user is asked.
    await checkTensors(files, writeConfig(proposed, { nHead: proposed.nHead, activation: 'gelu_new' }))
    return { kind: 'lacksConfig', proposed }
  }
}
