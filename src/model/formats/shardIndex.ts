// model.safetensors.index.json: which shard holds which tensor.
// https://huggingface.co/docs/transformers/main/en/big_models

import { SafetensorsError } from '../../shared/errors'
import { isRecord } from '../../shared/isRecord'
import { formatCount } from '../../shared/text/format'
import { quoted, quotedValue } from '../../shared/text/quoted'
import { CHECKPOINT_LIMITS } from './checkpointLimits'

/** A file in the folder of the index: no path and no drive. */
const SHARD_NAME = /^[^/\\:\0]+\.safetensors$/

/**
 * The shard of each tensor, by the tensor's stored name.
 * @throws SafetensorsError if the index is malformed or names more tensors or shards than the limits allow
 */
export function parseShardIndex(json: string, limits = CHECKPOINT_LIMITS): Map<string, string> {
  let index: unknown
  try {
    index = JSON.parse(json)
  } catch (cause) {
    throw malformed('it is not JSON', cause)
  }
  const weightMap = isObject(index) ? index.weight_map : undefined
  if (!isObject(weightMap)) throw malformed('it has no weight_map')

  const named = Object.keys(weightMap).length
  if (named > limits.tensors)
    throw malformed(
      `it has ${formatCount(named)} tensors; at most ${formatCount(limits.tensors)} are supported`,
    )

  const shardOf = new Map<string, string>()
  for (const [name, shard] of Object.entries(weightMap)) {
    if (typeof shard !== 'string' || !SHARD_NAME.test(shard)) {
      throw malformed(
        `the shard of ${quoted(name)} is ${quotedValue(shard)}, not a .safetensors file in the same folder`,
      )
    }
    shardOf.set(name, shard)
  }
  if (shardOf.size === 0) throw malformed('its weight_map is empty')
  const shards = new Set(shardOf.values()).size
  if (shards > limits.shards)
    throw malformed(
      `it has ${formatCount(shards)} shards; at most ${formatCount(limits.shards)} are supported`,
    )
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
