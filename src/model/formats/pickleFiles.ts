// Files written by `torch.save`. Loading one can run any code that its author put into it.

/** The files of a folder that contain a pickled model's weights: one file, or all of its shards; may be empty. */
export function pickledWeights(files: readonly string[]): string[] {
  if (files.includes('pytorch_model.bin')) return ['pytorch_model.bin']
  const shards = files.filter((file) => /^pytorch_model-\d+-of-\d+\.bin$/.test(file)).sort()
  if (shards.length > 0) return shards
  return files
    .filter((file) => /\.(pt|pth|bin|ckpt)$/.test(file) && !TRAINER_STATE.test(file))
    .sort()
    .slice(0, 1)
}

/** Files that trainers write next to a model. */
const TRAINER_STATE = /^(optimizer|scheduler|scaler|training_args|rng_state)/
