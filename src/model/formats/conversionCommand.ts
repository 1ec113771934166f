import { join } from 'node:path'
import { WEIGHTS_FILE } from './modelFiles'
import { pickledWeights } from './pickleFiles'

/**
 * A command line that makes `model.safetensors` beside the pickled files, with PyTorch and NumPy alone. The paths are
 * in hexadecimal: no two shells quote alike, and a folder's name could be a command to one of them.
 */
export function conversionCommand(folder: string, files: readonly string[], python: string): string {
  const paths = [WEIGHTS_FILE, ...pickledWeights(files)].map((file) =>
    Buffer.from(join(folder, file)).toString('hex'),
  )
  return [python, '-c', `"${PROGRAM.join('; ')}"`, ...paths].join(' ')
}

/**
 * One line without double quotes, `$`, `\`, backticks or `!`, so that it means the same between double quotes
 * in every shell. Trainers keep the weights in a part of what they save; masks and counters are no weights;
 * tied tensors are cloned, as the format has no shared ones. An existing file is never overwritten.
 * Before PyTorch 2.6 `weights_only` could be got round: https://nvd.nist.gov/vuln/detail/CVE-2025-32434
 */
const PROGRAM = [
  'import itertools, json, struct, sys, torch',
  "tuple(map(int, torch.__version__.split('.')[:2])) >= (2, 6) or sys.exit('PyTorch 2.6 or later is needed: older ones can be made to run code by a file')",
  'target, *sources = [bytes.fromhex(path).decode() for path in sys.argv[1:]]',
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
