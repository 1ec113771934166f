import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { packagesOf, thirdPartyNotices } from '../../scripts/notices.mjs'

describe('packagesOf', () => {
  it('names each package once, sorted', () => {
    const files = [
      'node_modules/lit/index.js',
      'node_modules/@lit/reactive-element/css-tag.js',
      'node_modules/lit/a.js',
    ]

    expect(packagesOf(files)).toEqual(['@lit/reactive-element', 'lit'])
  })

  it('names the inner package of a nested one', () => {
    expect(packagesOf(['../node_modules/outer/node_modules/inner/index.js'])).toEqual(['inner'])
  })

  it('ignores files that belong to no package', () => {
    expect(packagesOf(['src/app/extension.ts', 'media/icon.png'])).toEqual([])
  })
})

describe('thirdPartyNotices', () => {
  let root: string
  const folders = () => ({
    nodeModules: join(root, 'node_modules'),
    additionalTexts: join(root, 'additional'),
  })

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'logitscope-notices-'))
    await write('node_modules/a/package.json', '{ "version": "1.2.3", "license": "MIT" }')
  })

  afterEach(() => rm(root, { recursive: true, force: true }))

  it('lists a package with its version, licence and licence file', async () => {
    await write('node_modules/a/LICENSE', 'Copyright (c) A')

    const notices = await thirdPartyNotices(['a'], folders())

    expect(notices).toContain('a 1.2.3 (MIT)')
    expect(notices).toContain('Copyright (c) A')
  })

  it('adds the texts that the package does not ship', async () => {
    await write('node_modules/a/LICENSE.md', 'Copyright (c) A')
    await write('additional/a/Wasm.txt', 'Copyright (c) B')

    await expect(thirdPartyNotices(['a'], folders())).resolves.toMatch(
      /Copyright \(c\) A[^]*Copyright \(c\) B/,
    )
  })

  it('refuses a package without a licence text', async () => {
    await expect(thirdPartyNotices(['a'], folders())).rejects.toThrow(
      'a 1.2.3 (MIT) is bundled but has no licence',
    )
  })

  async function write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
})
