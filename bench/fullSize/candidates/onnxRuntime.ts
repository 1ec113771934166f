import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as web from 'onnxruntime-web'
import { parseConfig } from '../../../src/model/gpt2/config'
import { type Candidate, type CandidateSettings, targetsOf, TOP_K } from '../candidate'
import { reduceLogits } from '../reduceLogits'

/** The standard graph on the same runtime as ours, with its weights as one array, as is usual. */
export async function onnxRuntimeWeb(settings: CandidateSettings): Promise<Candidate> {
  web.env.wasm.numThreads = settings.threads
  web.env.wasm.wasmPaths = `${settings.assetsFolder}/`
  const onnx = join(settings.standardFolder, 'onnx')
  const session = await web.InferenceSession.create(await readFile(join(onnx, 'model.onnx')), {
    externalData: [{ path: 'model.onnx_data', data: await readFile(join(onnx, 'model.onnx_data')) }],
    logSeverityLevel: 3,
  })
  return standardCandidate(web, session, settings)
}

/** The standard graph on the native runtime. */
export async function onnxRuntimeNode(settings: CandidateSettings): Promise<Candidate> {
  const entry = join(settings.peersFolder, 'node_modules/onnxruntime-node/dist/index.js')
  const { default: native } = (await import(pathToFileURL(entry).href)) as { default: typeof web }
  const session = await native.InferenceSession.create(join(settings.standardFolder, 'onnx', 'model.onnx'), {
    intraOpNumThreads: settings.threads,
    logSeverityLevel: 3,
  })
  return standardCandidate(native, session, settings)
}

async function standardCandidate(
  { Tensor }: Pick<typeof web, 'Tensor'>,
  session: web.InferenceSession,
  { modelFolder }: CandidateSettings,
): Promise<Candidate> {
  const { nLayer, nHead, nEmbd, vocabSize } = parseConfig(
    await readFile(join(modelFolder, 'config.json'), 'utf8'),
  )
  const noPast = new Tensor('float32', new Float32Array(0), [1, nHead, 0, nEmbd / nHead])
  const logits = async (tokenIds: Int32Array) => {
    const int64 = (value: (tokenId: number, position: number) => bigint) =>
      new Tensor('int64', BigInt64Array.from(Array.from(tokenIds, value)), [1, tokenIds.length])
    const feeds: Record<string, web.Tensor> = {
      input_ids: int64((tokenId) => BigInt(tokenId)),
      attention_mask: int64(() => 1n),
      position_ids: int64((_, position) => BigInt(position)),
    }
    for (let i = 0; i < nLayer; i++) {
      feeds[`past_key_values.${i}.key`] = noPast
      feeds[`past_key_values.${i}.value`] = noPast
    }
    const { logits: output } = await session.run(feeds, ['logits'])
    if (output === undefined) throw new Error('the session has no output logits')
    return output.data as Float32Array
  }
  return {
    methods: {
      logits,
      inspect: async (tokenIds) =>
        reduceLogits(await logits(tokenIds), targetsOf(tokenIds), vocabSize, TOP_K),
    },
  }
}
