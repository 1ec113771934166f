// Weights that `torch.save` wrote. Loading them can run whatever code their author put there.

/** The files of a folder that hold a pickled model's weights, all shards of one; none where there are none. */
export function pickledWeights(files: readonly string[]): string[] {
  if (files.includes('pytorch_model.bin')) return ['pytorch_model.bin']
  const shards = files.filter((file) => /^pytorch_model-\d+-of-\d+\.bin$/.test(file)).sort()
  if (shards.length > 0) return shards
  return files
    .filter((file) => /\.(pt|pth|bin|ckpt)$/.test(file) && !TRAINER_STATE.test(file))
    .sort()
    .slice(0, 1)
}

/** What trainers write beside a model. */
const TRAINER_STATE = /^(optimizer|scheduler|scaler|training_args|rng_state)/
