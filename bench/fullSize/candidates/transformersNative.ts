import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Candidate, CandidateSettings } from '../candidate'
import { transformersCandidate, type TransformersModule } from './transformers'

/** `@huggingface/transformers` in Node, where it uses the native runtime. */
export async function transformersNative(settings: CandidateSettings): Promise<Candidate> {
  const entry = join(
    settings.peersFolder,
    'node_modules/@huggingface/transformers/dist/transformers.node.mjs',
  )
  const transformers = (await import(pathToFileURL(entry).href)) as TransformersModule
  transformers.env.localModelPath = dirname(settings.standardFolder)
  return transformersCandidate(transformers, basename(settings.standardFolder), {
    device: 'cpu',
    session_options: { intraOpNumThreads: settings.threads },
  })
}
