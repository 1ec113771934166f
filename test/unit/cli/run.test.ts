import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands/commands'
import { run } from '../../support/cli/runInProcess'

describe('logitscope --help', () => {
  it.each([['--help'], ['-h'], ['no-such-command --help']])('lists all commands after %s', async (args) => {
    const { code, stdout, stderr } = await run(args.split(' '))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const [name, { summary }] of COMMANDS) expect(stdout).toMatch(`  ${name.padEnd(7)}  ${summary}\n`)
  })

  it.each([...COMMANDS])(
    'has the usage of %s, also if other arguments are wrong',
    async (name, { usage }) => {
      expect(await run([name, '-h', '--no-such-option'])).toEqual({ code: 0, stdout: usage, stderr: '' })
    },
  )

  it('is not asked for by a text that has its name', async () => {
    expect((await run(['inspect', '--text=--help'])).stdout).toMatch(/^mini /)
  })

  it.each([...COMMANDS])('has lines of at most 120 characters for %s', (_, { usage }) => {
    for (const line of usage.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
  })
})

describe('A command line', () => {
  it('without a command ends with 2 and the names of the commands', async () => {
    expect(await run([])).toEqual({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        /^logitscope: the command is missing; use: logitscope COMMAND FILE, with one of the commands inspect, .+\n$/,
      ) as string,
    })
  })

  it('may have options before the command', async () => {
    const { code, stdout } = await run(['--json', 'inspect', '--text', 'the'])

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ model: 'mini' })
  })

  it.each(['explain', 'constructor'])('with the unknown command %s ends with 2 and says so', async (name) => {
    const { code, stderr } = await run([name])
    expect(code).toBe(2)
    expect(stderr).toMatch(`logitscope: unknown command “${name}”; the commands are inspect, `)
  })
})
