// Weights that `torch.save` wrote. Loading them can run whatever code their author put there.

import { join } from 'node:path'
import { WEIGHTS_FILE } from './storedTensors'

/** A terminal, as far as its quotes go. */
export type Shell = 'posix' | 'powershell'

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

/** The same of a command line: makes `model.safetensors` beside the files, with PyTorch and NumPy alone. */
export function conversionCommand(folder: string, files: readonly string[], shell: Shell): string {
  const paths = [WEIGHTS_FILE, ...pickledWeights(files)].map((file) => quoted(join(folder, file), shell))
  return [shell === 'posix' ? 'python3' : 'python', '-c', `"${PROGRAM.join('; ')}"`, ...paths].join(' ')
}

/**
 * One line without double quotes, `$`, `\`, backticks or `!`, so that it means the same between double quotes
 * in every shell. Trainers keep the weights in a part of what they save; masks and counters are no weights;
 * tied tensors are cloned, as the format has no shared ones. An existing file is never overwritten.
 */
const PROGRAM = [
  'import itertools, json, struct, sys, torch',
  'target, *sources = sys.argv[1:]',
  "parts = [torch.load(source, map_location='cpu', weights_only=True) for source in sources]",
  "parts = [next((part[key] for key in ('model', 'state_dict', 'model_state_dict', 'module') if isinstance(part.get(key), dict)), part) for part in parts]",
  'found = {name: value for part in parts for name, value in part.items() if torch.is_tensor(value) and value.is_floating_point()}',
  'tensors = {name: (value.float() if value.dtype == torch.float64 else value).detach().clone().contiguous() for name, value in found.items()}',
  "types = {torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16'}",
  'sizes = [value.numel() * value.element_size() for value in tensors.values()]',
  'ends = itertools.accumulate(sizes)',
  "header = json.dumps({name: {'dtype': types[value.dtype], 'shape': list(value.shape), 'data_offsets': [end - size, end]} for (name, value), size, end in zip(tensors.items(), sizes, ends)}).encode()",
  "file = open(target, 'xb')",
  "file.write(struct.pack('<Q', len(header)) + header)",
  'file.writelines(value.reshape(-1).view(torch.uint8).numpy().tobytes() for value in tensors.values())',
  'file.close()',
]

/** One argument, whatever its characters. */
function quoted(path: string, shell: Shell): string {
  switch (shell) {
    case 'posix':
      return `'${path.replaceAll("'", "'\\''")}'`
    case 'powershell':
      // It takes typographic quotes for quotes too.
      return `'${path.replaceAll(/['‘’‚‛]/g, '$&$&')}'`
  }
}
