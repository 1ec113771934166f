// model.safetensors.index.json: which shard holds which tensor.
// https://huggingface.co/docs/transformers/main/en/big_models

import { SafetensorsError } from '../../shared/errors'
import { isRecord } from '../../shared/isRecord'

/** A file in the folder of the index: no path and no drive. */
const SHARD_NAME = /^[^/\\:\0]+\.safetensors$/

/**
 * The shard of each tensor, by the tensor's stored name.
 * @throws SafetensorsError
 */
export function parseShardIndex(json: string): Map<string, string> {
  let index: unknown
  try {
    index = JSON.parse(json)
  } catch (cause) {
    throw malformed('it is not JSON', cause)
  }
  const weightMap = isObject(index) ? index.weight_map : undefined
  if (!isObject(weightMap)) throw malformed('it has no weight_map')

  const shardOf = new Map<string, string>()
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string' || !SHARD_NAME.test(shard)) {
      throw malformed(
        `the shard of ${name} is ${JSON.stringify(shard)}, not a .safetensors file in the same folder`,
      )
    }
    shardOf.set(name, shard)
  }
  if (shardOf.size === 0) throw malformed('its weight_map is empty')
  return shardOf
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !Array.isArray(value)
}

function malformed(what: string, cause?: unknown): SafetensorsError {
  return new SafetensorsError(
    `model.safetensors.index.json cannot be used: ${what}. Download the file again.`,
    {
      cause,
    },
  )
}
