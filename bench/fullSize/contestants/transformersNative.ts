import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Contestant, ContestantSettings } from '../contestant'
import { transformersContestant, type TransformersModule } from './transformers'

/** `@huggingface/transformers` in Node, where it runs the native runtime. */
export async function transformersNative(settings: ContestantSettings): Promise<Contestant> {
  const entry = join(
    settings.peersFolder,
    'node_modules/@huggingface/transformers/dist/transformers.node.mjs',
  )
  const transformers = (await import(pathToFileURL(entry).href)) as TransformersModule
  transformers.env.localModelPath = dirname(settings.standardFolder)
  return transformersContestant(transformers, basename(settings.standardFolder), {
    device: 'cpu',
    session_options: { intraOpNumThreads: settings.threads },
  })
}
