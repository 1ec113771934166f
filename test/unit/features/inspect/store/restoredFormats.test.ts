// Files that earlier versions stored: test/fixtures/storedInspections/README.md.

import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { InspectionRun } from '../../../../../src/features/inspect/session/inspectionRun'
import { InspectionStore } from '../../../../../src/features/inspect/store/inspectionStore'

/** Files in memory by path. */
const disk = vi.hoisted(() => new Map<string, Uint8Array>())

vi.mock('vscode', () => ({
  Uri: { joinPath: (folder: string, name: string) => `${folder}/${name}` },
  workspace: {
    fs: {
      readFile: (path: string) => {
        const content = disk.get(path)
        return content === undefined ? Promise.reject(new Error(`no file ${path}`)) : Promise.resolve(content)
      },
    },
  },
}))

interface StoredInspection {
  readonly format: number
  /** The bytes of each file as base64. */
  readonly files: Readonly<Record<string, string>>
  readonly run: InspectionRun
}

const STORED = JSON.parse(
  readFileSync(new URL('../../../../fixtures/storedInspections/format8.json', import.meta.url), 'utf8'),
) as StoredInspection
const { id } = STORED.run.inspection
const HEADERS = ['header0.json', 'header1.json']

beforeEach(() => {
  disk.clear()
  for (const [name, content] of Object.entries(STORED.files))
    disk.set(pathOf(name), new Uint8Array(Buffer.from(content, 'base64')))
})

describe('An inspection that an earlier version stored', () => {
  it('is restored with every number in format 8', async () => {
    expect(plain(await restore())).toEqual(STORED.run)
  })

  it('has the self-tests that format 8 calls checks', async () => {
    const [newest = ''] = HEADERS
    replaceText(newest, '"model":{', '"model":{"check":{"device":"a CPU"},')
    replaceText(newest, '"baseline":{"id"', '"baseline":{"check":{"device":"a GPU"},"id"')

    const { model, comparison } = (await restore())?.inspection ?? {}
    expect([model, comparison?.models?.baseline]).toMatchObject([
      { selfTest: { device: 'a CPU' } },
      { selfTest: { device: 'a GPU' } },
    ])
  })

  it('has scores, a comparison, rows of the lens and answers of Why', () => {
    const { inspection, why } = STORED.run
    const { sections } = inspection

    expect(sections.map(({ predictions }) => predictions.length)).toEqual([13, 11])
    expect(inspection.comparison?.sections.map(({ tokens }) => tokens.length)).toEqual([11, 10])
    expect(why.map(({ attribution, layers, context }) => [attribution, layers, context])).not.toContain(null)
    expect(why.map(({ knockout }) => knockout?.rows)).toEqual([[1, 2], undefined])
    expect([...disk.keys()].filter((path) => path.includes('lens'))).toHaveLength(2)
  })

  it.each([4, 5, 6, 7, 9])('is ignored in format %i, which this version does not know', async (format) => {
    for (const header of HEADERS) replaceText(header, '"format":8', `"format":${format}`)

    expect(await restore()).toBeUndefined()
  })

  it('is ignored in format 3, one file of JSON', async () => {
    disk.clear()
    disk.set(`inspections/${id}.json`, new TextEncoder().encode(JSON.stringify({ ...STORED.run, format: 3 })))

    expect(await restore()).toBeUndefined()
  })
})

describe('A stored inspection that is damaged', () => {
  it.each(['tokenIds', 'lastScores0'])('is refused without its file %s', async (name) => {
    disk.delete(pathOf(name))

    expect(await restore()).toBeUndefined()
  })

  it.each(['tokenIds', 'ranges'])('is refused if its file %s ends too early', async (name) => {
    truncate(name, 40)

    expect(await restore()).toBeUndefined()
  })

  it('is refused if both headers end too early', async () => {
    for (const header of HEADERS) truncate(header, 200)

    expect(await restore()).toBeUndefined()
  })

  it.each([
    ['"sections":[', '"sectionz":['],
    ['"sequences":[', '"sequencez":['],
    ['"scored":', '"scored":9'],
    ['"model":{', '"modal":{'],
  ])('is refused if %s in its headers became %s', async (text, corrupted) => {
    for (const header of HEADERS) replaceText(header, text, corrupted)

    expect(await restore()).toBeUndefined()
  })

  it.each(Object.keys(STORED.files))(
    'has no other tokens and scores, wherever its file %s ends',
    async (name) => {
      const content = contentOf(name)
      const step = Math.ceil(content.length / 50)
      for (let length = 0; length < content.length; length += step) {
        disk.set(pathOf(name), content.slice(0, length))
        const restored = plain(await restore()) as InspectionRun | undefined
        for (const [i, { tokens, predictions }] of restored?.inspection.sections.entries() ?? []) {
          const saved = STORED.run.inspection.sections[i]
          expect(tokens).toEqual(saved?.tokens)
          expect(predictions).toEqual(saved?.predictions.slice(0, predictions.length))
        }
      }
    },
  )

  it.each(Object.keys(STORED.files))(
    'never fails to load, wherever its file %s is corrupted',
    async (name) => {
      const content = contentOf(name)
      const step = Math.ceil(content.length / 50)
      for (let at = 0; at < content.length; at += step) {
        const corrupted = content.slice()
        corrupted.fill(0xff, at, at + 4)
        disk.set(pathOf(name), corrupted)
        await expect(restore()).resolves.not.toBeNull()
      }
    },
  )
})

async function restore(): Promise<InspectionRun | undefined> {
  const store = new InspectionStore('inspections' as never, { info: () => undefined } as never)
  return store.load(id)
}

function pathOf(name: string): string {
  return `inspections/${id}/${name}`
}

function contentOf(name: string): Uint8Array {
  const content = disk.get(pathOf(name))
  if (content === undefined) throw new Error(`The stored inspection has no file ${name}.`)
  return content
}

function truncate(name: string, length: number): void {
  disk.set(pathOf(name), contentOf(name).slice(0, length))
}

function replaceText(name: string, text: string, replacement: string): void {
  const before = new TextDecoder().decode(contentOf(name))
  const after = before.replace(text, replacement)
  if (after === before) throw new Error(`${name} does not contain ${text}`)
  disk.set(pathOf(name), new TextEncoder().encode(after))
}

/** As JSON, in which lists and typed arrays are arrays, and NaN is null. */
function plain(value: unknown): unknown {
  const json: string | undefined = JSON.stringify(value, (_, item: unknown): unknown =>
    item instanceof Float32Array || item instanceof Int32Array ? [...item] : item,
  )
  return json === undefined ? undefined : JSON.parse(json)
}
