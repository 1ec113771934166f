import { join } from 'node:path'
import { pickledWeights } from './pickleFiles'

/** Name of the conversion script in the extension's `media` folder. */
export const CONVERSION_SCRIPT = 'convert_checkpoint.py'

export interface ConversionOptions {
  /** Path of the conversion script. */
  readonly script: string
  /** The model's folder, and the names of its files. */
  readonly folder: string
  readonly files: readonly string[]
  /** Defaults to this machine's. */
  readonly platform?: NodeJS.Platform
}

/** A command line that writes `model.safetensors` next to the pickle files of a folder. Needs Python with PyTorch. */
export function conversionCommand({
  script,
  folder,
  files,
  platform = process.platform,
}: ConversionOptions): string {
  const paths = [script, ...pickledWeights(files).map((file) => join(folder, file))]
  const quote = platform === 'win32' ? quoteForWindows : quoteForPosix
  return [platform === 'win32' ? 'python' : 'python3', ...paths.map(quote)].join(' ')
}

/**
 * Nothing is special between single quotes, so no part of a path is run as a command. In fish a backslash is: it and
 * single quotes are put in double quotes, which sh, zsh and fish read alike.
 */
function quoteForPosix(path: string): string {
  const quoted = path.replaceAll(/['\\]/g, (char) => (char === "'" ? `'"'"'` : String.raw`'"\\"'`))
  return `'${quoted}'`
}

/**
 * Double quotes work in both Command Prompt and PowerShell, except around what PowerShell would expand. Such a path is
 * quoted for PowerShell, where nothing is special between single quotes; it takes curly quotes as quotes too. Command
 * Prompt does not know single quotes, so a path that could run a command there is left for the user to fill in.
 */
function quoteForWindows(path: string): string {
  if (!/[$`“”„]/.test(path)) return `"${path}"`
  return /[&|<>^]/.test(path) ? '"<path>"' : `'${path.replaceAll(/['‘’‚‛]/g, '$&$&')}'`
}
