import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Candidate, CandidateSettings } from '../candidate'
import { transformersCandidate, type TransformersModule } from './transformers'

/** `@huggingface/transformers` in Node, where it uses the native runtime. */
export function transformersNative(settings: CandidateSettings): Promise<Candidate> {
  return transformersIn('fp32', settings)
}

/** The same with the int8 weights that it offers as `q8`. */
export function transformersNativeQ8(settings: CandidateSettings): Promise<Candidate> {
  return transformersIn('q8', settings)
}

async function transformersIn(
  dtype: 'fp32' | 'q8',
  { peersFolder, standardFolder, threads }: CandidateSettings,
): Promise<Candidate> {
  const entry = join(peersFolder, 'node_modules/@huggingface/transformers/dist/transformers.node.mjs')
  const transformers = (await import(pathToFileURL(entry).href)) as TransformersModule
  transformers.env.localModelPath = dirname(standardFolder)
  return transformersCandidate(transformers, basename(standardFolder), {
    dtype,
    device: 'cpu',
    session_options: { intraOpNumThreads: threads },
  })
}
