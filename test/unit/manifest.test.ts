import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { PANEL_COMMANDS } from '../../src/shared/contracts/panel/protocol'

const REPO = fileURLToPath(new URL('../../', import.meta.url))
const MAX_COMMANDS = 42
const MAX_SETTINGS = 20

interface CommandReference {
  readonly command: string
  readonly when?: string
}

interface Schema {
  readonly description?: string
  readonly markdownDescription?: string
  readonly properties?: Readonly<Record<string, Schema>>
}

interface Manifest {
  readonly activationEvents: readonly string[]
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string
      readonly title: string
      readonly category?: string
    }[]
    readonly menus: Readonly<Record<string, readonly CommandReference[]>>
    readonly keybindings: readonly CommandReference[]
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string
        readonly completionEvents: readonly string[]
      }[]
    }[]
    readonly configuration: { readonly properties: Readonly<Record<string, Schema>> }
  }
}

const { activationEvents, contributes } = JSON.parse(textOf('package.json')) as Manifest
const { commands, keybindings } = contributes
const settings = Object.entries(contributes.configuration.properties)
const contributed = commands.map(({ command }) => command)
const { commandPalette: palette = [], ...otherMenus } = contributes.menus
const menus = Object.values(otherMenus).flat()
const sources = filesIn('src', '.ts').map(textOf)
const registered = sources.flatMap(registeredIn)
const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps)
const walkthroughLinks = steps.flatMap(({ description }) => groupsOf(/\(command:([\w.]+)/g, description))
const documents = ['README.md', 'CONTRIBUTING.md', ...filesDirectlyIn('docs')]

describe('the commands of the manifest', () => {
  it(`are at most ${MAX_COMMANDS}, each once`, () => {
    expect(contributed.length).toBeLessThanOrEqual(MAX_COMMANDS)
    expect(new Set(contributed).size).toBe(contributed.length)
  })

  it('have a title and the category that the palette shows before it', () => {
    for (const { title, category } of commands) {
      expect(title).not.toBe('')
      expect(category).toBe('Logitscope')
    }
  })

  it('are all registered, each once', () => {
    expect(missingIn(registered, contributed)).toEqual([])
    expect(new Set(registered).size).toBe(registered.length)
  })

  it('include those of the menus and key bindings', () => {
    const used = [...menus, ...palette, ...keybindings].map(({ command }) => command)

    expect(missingIn(contributed, used)).toEqual([])
  })

  it('are hidden in the palette only if a menu or a key binding runs them', () => {
    const hidden = palette.filter(({ when }) => when === 'false').map(({ command }) => command)
    const needed = [...menus, ...keybindings].map(({ command }) => command)

    expect(missingIn(needed, hidden)).toEqual([])
  })

  it('leave out only commands that the panel, the walkthrough or other code runs', () => {
    const run = [
      ...PANEL_COMMANDS.map((name) => `logitscope.${name}`),
      ...walkthroughLinks,
      ...sources.flatMap((source) => groupsOf(/\b(logitscope\.\w+)/g, source)),
    ]
    const internal = registered.filter((command) => !contributed.includes(command))

    expect(internal).not.toEqual([])
    expect(missingIn(run, internal)).toEqual([])
  })
})

describe('the walkthrough', () => {
  it('links to commands that are registered and activate the extension', () => {
    const activating = activationEvents.map((event) => event.replace(/^onCommand:/, ''))

    expect(walkthroughLinks).not.toEqual([])
    expect(missingIn(registered, walkthroughLinks)).toEqual([])
    expect(missingIn([...contributed, ...activating], walkthroughLinks)).toEqual([])
  })

  it('completes its steps with commands that are registered', () => {
    const events = steps.flatMap(({ completionEvents }) => completionEvents)
    const awaited = events.map((event) => event.replace(/^onCommand:/, ''))

    expect(missingIn(registered, awaited)).toEqual([])
  })
})

describe('the commands of the panel’s buttons', () => {
  it('are registered', () => {
    const run = PANEL_COMMANDS.map((name) => `logitscope.${name}`)

    expect(missingIn(registered, run)).toEqual([])
  })
})

describe('the settings of the manifest', () => {
  it(`are at most ${MAX_SETTINGS}`, () => {
    expect(settings.length).toBeLessThanOrEqual(MAX_SETTINGS)
  })

  it('have a description, and so do their properties', () => {
    const described = settings.flatMap(([id, schema]): [string, Schema][] => [
      [id, schema],
      ...Object.entries(schema.properties ?? {}).map(([name, property]): [string, Schema] => [
        `${id}.${name}`,
        property,
      ]),
    ])

    const without = described.filter(
      ([, { description, markdownDescription }]) => (description ?? markdownDescription ?? '') === '',
    )
    expect(without.map(([id]) => id)).toEqual([])
  })
})

describe('the documents', () => {
  it.each(['package.json', ...documents])('name only commands that exist: %s', (name) => {
    const titles = commands.map(({ title }) => title)
    const oneLine = textOf(name).replaceAll(/\s+/g, ' ')

    expect(missingIn(titles, groupsOf(/\*\*Logitscope: ([^*]+)\*\*/g, oneLine))).toEqual([])
  })

  it.each(documents)('name only ids that exist: %s', (name) => {
    const ids = [...registered, ...settings.map(([id]) => id)]

    // Not followed by `(`, a call of the API, or `.*`, a group of settings.
    expect(missingIn(ids, groupsOf(/`(logitscope\.[\w.]*\w)(?![\w.(])/g, textOf(name)))).toEqual([])
  })
})

/** The ids that a source text registers: the keys of the object that `registerCommands` takes. */
function registeredIn(source: string): string[] {
  if (!source.includes('registerCommands({')) return []
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'registerCommands') {
      const [table] = node.arguments
      if (table !== undefined && ts.isObjectLiteralExpression(table))
        found.push(...table.properties.map(({ name }) => `logitscope.${name?.getText() ?? ''}`))
    }
    node.forEachChild(visit)
  }
  ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true).forEachChild(visit)
  return found
}

/** The first group of each match. */
function groupsOf(pattern: RegExp, text: string): string[] {
  return [...text.matchAll(pattern)].flatMap(([, group]) => group ?? [])
}

function missingIn(known: readonly string[], used: readonly string[]): string[] {
  return used.filter((one) => !known.includes(one))
}

function filesIn(folder: string, extension: string): string[] {
  return readdirSync(join(REPO, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(extension))
    .map((file) => join(folder, file))
}

function filesDirectlyIn(folder: string): string[] {
  return readdirSync(join(REPO, folder))
    .filter((file) => file.endsWith('.md'))
    .map((file) => join(folder, file))
}

function textOf(file: string): string {
  return readFileSync(join(REPO, file), 'utf8')
}
