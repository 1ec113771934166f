import { type Candidate, GENERATED_TOKENS, targetsOf, TOP_K } from '../candidate'
import { reduceLogits } from '../reduceLogits'

/** The part of `@huggingface/transformers` that is used; it is the same in Node and in a browser. */
export interface TransformersModule {
  readonly env: {
    allowLocalModels: boolean
    allowRemoteModels: boolean
    localModelPath: string
    backends: { onnx: { versions?: { web?: string }; wasm: object } }
  }
  readonly Tensor: new (type: string, data: BigInt64Array, shape: readonly number[]) => object
  readonly AutoModelForCausalLM: {
    from_pretrained(name: string, options: object): Promise<TransformersModel>
  }
}

interface TransformersModel {
  (inputs: object): Promise<{ logits: { data: Float32Array; dims: number[] } }>
  generate(inputs: object): Promise<unknown>
}

/**
 * Does the whole job through the library's public interface.
 * @param options `dtype` is the library's name of the weights' type
 */
export async function transformersCandidate(
  { env, AutoModelForCausalLM, Tensor }: TransformersModule,
  model: string,
  options: { readonly dtype: 'fp32' | 'q8'; readonly device: string; readonly session_options?: object },
): Promise<Candidate> {
  env.allowLocalModels = true
  env.allowRemoteModels = false
  const loaded = await AutoModelForCausalLM.from_pretrained(model, {
    use_external_data_format: true,
    local_files_only: true,
    ...options,
  })
  const inputs = (tokenIds: Int32Array) => ({
    input_ids: new Tensor('int64', BigInt64Array.from(tokenIds, BigInt), [1, tokenIds.length]),
    attention_mask: new Tensor('int64', new BigInt64Array(tokenIds.length).fill(1n), [1, tokenIds.length]),
  })
  return {
    methods: {
      inspect: async (tokenIds) => {
        const { logits } = await loaded(inputs(tokenIds))
        return reduceLogits(logits.data, targetsOf(tokenIds), logits.dims[2] ?? NaN, TOP_K)
      },
      generate: (tokenIds) =>
        loaded.generate({ ...inputs(tokenIds), max_new_tokens: GENERATED_TOKENS, do_sample: false }),
    },
  }
}
