// Pickles run code of their author when they are loaded, so they are refused, with the line of Python that converts them.

import { quoted } from '../../shared/text/quoted'
import { PickledArrayError } from '../source/errors'

/** The first bytes of a pickle of protocol 2 to 5. */
export function isPickle(start: Uint8Array): boolean {
  const [opcode, protocol = 0] = start
  return opcode === 0x80 && protocol >= 2 && protocol <= 5
}

/** Whether a zip with these entries was written by `torch.save`. */
export function isTorchArchive(names: readonly string[]): boolean {
  return names.some((name) => name === 'data.pkl' || name.endsWith('/data.pkl'))
}

/** A file of `torch.save`. */
export function torchFile(file: string): PickledArrayError {
  const source = pythonString(file)
  return refused(
    `${quoted(file)} was written by torch.save`,
    `np.save(${target(file)}, torch.load(${source}, weights_only=True).float().cpu().numpy())`,
  )
}

/** A file of Python's own `pickle`. Files that torch.save wrote before version 1.6 look the same at their start. */
export function pickleFile(file: string): PickledArrayError {
  if (/\.(pt|pth|bin|ckpt)$/i.test(file)) return torchFile(file)
  return refused(
    `${quoted(file)} was written by pickle`,
    `np.save(${target(file)}, np.asarray(pickle.load(open(${pythonString(file)}, "rb")), dtype=np.float32))`,
  )
}

/**
 * Python objects in a `.npy` or `.npz` file: in practice a list of arrays of different lengths.
 * @param array name of the array in a `.npz` file; null for `.npy`
 */
export function pickledArray(file: string, array: string | null): PickledArrayError {
  const loaded = `np.load(${pythonString(file)}, allow_pickle=True)`
  const objects = array === null ? loaded : `${loaded}[${pythonString(array)}]`
  const place = array === null ? quoted(file) : `${quoted(array)} in ${quoted(file)}`
  return refused(
    `${place} holds Python objects, often arrays of different lengths`,
    `np.save("logits-0.npy", ${objects}[0].astype(np.float32))`,
  )
}

function refused(what: string, conversion: string): PickledArrayError {
  const message = `${what}. Such a file can run any code when it is loaded, so it is not opened.`
  return new PickledArrayError(
    `${message} If it is your own, convert it in Python: ${conversion}`,
    conversion,
  )
}

/** Python's literal of a file's name; JSON's is the same. A long name would be cut, and the line with it. */
function pythonString(name: string): string {
  return JSON.stringify(name.length <= MAX_NAME_UNITS ? name : 'logits')
}

const MAX_NAME_UNITS = 100

function target(file: string): string {
  return pythonString(`${file.replace(/\.[^.]*$/, '')}.npy`)
}
