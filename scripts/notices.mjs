// @ts-check
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { NODE_MODULES, REPO } from './paths.mjs'

/** The name of the file with the licence texts, at the root of each VSIX. */
export const NOTICES_FILE = 'ThirdPartyNotices.txt'

/**
 * One folder for each package that does not ship all the texts: its own licence if the package has no
 * licence file, and the licences of the code that is compiled into its WASM or its native libraries.
 */
const ADDITIONAL_TEXTS = join(REPO, 'scripts', 'notices')

/** Packages whose texts are also another one's: both are built from the same repository, which has one list of notices. */
const SAME_TEXTS = new Map([['onnxruntime-node', 'onnxruntime-web']])

const LICENCE_FILE = /^(licen[cs]e|copying|notice|third-?party-?notices)/i

const RULE = '='.repeat(80)

/**
 * The packages that files belong to, sorted by name.
 *
 * @param {readonly string[]} files paths with `/`, as in esbuild's metafile
 * @returns {string[]}
 */
export function packagesOf(files) {
  const names = files.flatMap((file) => {
    // In `node_modules/a/node_modules/b/file.js` the file belongs to the last package.
    const inPackages = file.split('node_modules/').at(-1)
    const name = /^(@[^/]+\/)?[^/]+(?=\/)/.exec(inPackages ?? '')?.[0]
    return file.includes('node_modules/') && name !== undefined ? [name] : []
  })
  return [...new Set(names)].sort()
}

/**
 * The text of ThirdPartyNotices.txt: each package with its version, licence and licence texts.
 *
 * @param {readonly string[]} packages names of installed packages
 * @param {{ nodeModules?: string, additionalTexts?: string }} [folders]
 * @returns {Promise<string>}
 * @throws {Error} if a package has no licence text, so that no build ships it
 */
export async function thirdPartyNotices(
  packages,
  { nodeModules = NODE_MODULES, additionalTexts = ADDITIONAL_TEXTS } = {},
) {
  const sections = await Promise.all(
    packages.map(async (name) => {
      const folder = join(nodeModules, name)
      const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
      const additional = [SAME_TEXTS.get(name) ?? [], name].flat()
      const texts = [
        ...(await readTexts(folder, (file) => LICENCE_FILE.test(file))),
        ...(await Promise.all(additional.map((other) => readAdditionalTexts(additionalTexts, other)))).flat(),
      ]
      if (texts.length === 0) {
        throw new Error(
          `${name} ${version} (${license}) is bundled but has no licence file. ` +
            `Add its licence text as scripts/notices/${name}/LICENSE.txt.`,
        )
      }
      return [
        RULE,
        `${name} ${version} (${license})`,
        RULE,
        '',
        texts.join(`\n\n${'-'.repeat(80)}\n\n`),
      ].join('\n')
    }),
  )
  return [INTRODUCTION, ...sections].join('\n\n') + '\n'
}

const INTRODUCTION = [
  'This extension contains software of third parties. Each package is listed with its licence, followed by',
  'the licences of the software that is compiled into it.',
].join('\n')

/** @param {string} folder @param {string} name of a package */
function readAdditionalTexts(folder, name) {
  return readTexts(join(folder, name), (file) => file.endsWith('.txt'))
}

/**
 * @param {string} folder
 * @param {(name: string) => boolean} isWanted
 * @returns {Promise<string[]>} the texts of the wanted files, in the order of their names
 */
async function readTexts(folder, isWanted) {
  const names = await readdir(folder).catch(() => [])
  const texts = names
    .filter(isWanted)
    .sort()
    .map((name) => readFile(join(folder, name), 'utf8'))
  return (await Promise.all(texts)).map((text) => text.replaceAll('\r\n', '\n').trim())
}
