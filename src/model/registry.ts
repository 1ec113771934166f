// The models that have an id. Each is one file of one revision, so its size and digest are known before the download.

import { defaultPrecision } from '../shared/text/modelText'
import { DEFAULT_MODEL_ID, type Precision } from '../shared/contracts/engine/prediction'
import { VOCABULARY_SIZE } from './gpt2/config'

/** A GPT-2 on the hub. */
export interface PinnedModel {
  readonly id: string
  /** A phrase for the user, shown after the id. */
  readonly description: string
  readonly repository: string
  /** A commit of the repository. */
  readonly revision: string
  /** Size of `model.safetensors`. */
  readonly bytes: number
  /** SHA-256 of `model.safetensors`, in lower-case hexadecimal. */
  readonly sha256: string
  readonly parameters: number
  readonly nLayer: number
  readonly nHead: number
  readonly nEmbd: number
}

/** Identifies the files of a model whose weights have a known SHA-256; for folders see `fingerprintOf`. */
export function pinnedFingerprint(sha256: string): string {
  return `sha256 ${sha256}`
}

/** The models in the extension package: a phrase for the user by id. */
export const EMBEDDED_MODELS: ReadonlyMap<string, string> = new Map([
  [DEFAULT_MODEL_ID, 'embedded, not GPT-2 itself'],
])

/** The default choice first. */
export const PINNED_MODELS: readonly PinnedModel[] = [
  {
    id: 'gpt2',
    description: 'OpenAI’s GPT-2, the smallest of four',
    repository: 'openai-community/gpt2',
    revision: '607a30d783dfa663caf39e06633721c8d4cfcd7e',
    bytes: 548_105_171,
    sha256: '248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707',
    parameters: 124_439_808,
    nLayer: 12,
    nHead: 12,
    nEmbd: 768,
  },
  {
    id: 'distilgpt2',
    description: 'half of GPT-2’s layers, distilled by Hugging Face',
    repository: 'distilbert/distilgpt2',
    revision: '2290a62682d06624634c1f46a6ad5be0f47f38aa',
    bytes: 352_824_413,
    sha256: 'e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b',
    parameters: 81_912_576,
    nLayer: 6,
    nHead: 12,
    nEmbd: 768,
  },
  {
    id: 'gpt2-medium',
    description: 'OpenAI’s GPT-2, medium',
    repository: 'openai-community/gpt2-medium',
    revision: '6dcaa7a952f72f9298047fd5137cd6e4f05f41da',
    bytes: 1_519_984_962,
    sha256: 'fc5a354a19255ad494f3d71549390baca1ccf61d1d822b9408971705c687c9cd',
    parameters: 354_823_168,
    nLayer: 24,
    nHead: 16,
    nEmbd: 1024,
  },
  {
    id: 'gpt2-large',
    description: 'OpenAI’s GPT-2, large',
    repository: 'openai-community/gpt2-large',
    revision: '32b71b12589c2f8d625668d2335a01cac3249519',
    bytes: 3_247_159_078,
    sha256: '5f47f3e12f91cd33b662ce7e433b6150ad5512b5884a2cee961b50e9c3bbebce',
    parameters: 774_030_080,
    nLayer: 36,
    nHead: 20,
    nEmbd: 1280,
  },
  {
    id: 'gpt2-xl',
    description: 'OpenAI’s GPT-2, the largest',
    repository: 'openai-community/gpt2-xl',
    revision: '15ea56dee5df4983c59b2538573817e1667135e2',
    bytes: 6_431_829_962,
    sha256: '0f8b28eb05a8075f48b61b6f35332978c74fc7763fa9fb4051a1c30511736a6a',
    parameters: 1_557_611_200,
    nLayer: 48,
    nHead: 25,
    nEmbd: 1600,
  },
]

const N_POSITIONS = 1024

/** The fields of `config.json` that determine the model’s graph; the hub’s own file has more fields and the same values. */
export function configOf({ nLayer, nHead, nEmbd }: PinnedModel) {
  return {
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    n_layer: nLayer,
    n_head: nHead,
    n_embd: nEmbd,
    n_positions: N_POSITIONS,
    vocab_size: VOCABULARY_SIZE,
  }
}

/** The precision of a model (an id or a folder) if the user has not chosen one. */
export function defaultPrecisionOf(idOrFolder: string): Precision {
  const pinned = PINNED_MODELS.find(({ id }) => id === idOrFolder)
  return pinned === undefined ? 'fp32' : defaultPrecision(pinned)
}

/** Number of parameters of the embedded model. */
const EMBEDDED_PARAMETERS = 12_417_216
/** Number of parameters that is assumed of the user's own model: that of the smallest GPT-2. */
const ASSUMED_PARAMETERS = 124_439_808

/** The number of parameters of a model (an id or a folder), as far as it is known without its files. */
export function expectedParameters(idOrFolder: string): number {
  if (EMBEDDED_MODELS.has(idOrFolder)) return EMBEDDED_PARAMETERS
  return PINNED_MODELS.find(({ id }) => id === idOrFolder)?.parameters ?? ASSUMED_PARAMETERS
}

/** The ids of all models. */
export function knownModelIds(): string[] {
  return [...EMBEDDED_MODELS.keys(), ...PINNED_MODELS.map(({ id }) => id)]
}
