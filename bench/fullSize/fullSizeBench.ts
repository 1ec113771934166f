import { readFile, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { elementAt } from '../../src/shared/elementAt'
import { benchArguments, type Comparison, millisecondsOf } from '../measure'
import type { CandidateSettings, Method } from './candidate'
import { CandidateClient } from './candidateClient'
import { peerFolderOf } from './peerFolder'
import { cachedSeededGpt2, GPT2_124M } from './seededGpt2'
import { seededValues } from './seededValues'

type Job = readonly [CandidateClient, Method]

const REPETITIONS = 3
const COLD_STARTS = 3
const MEGABYTE = 1e6

/**
 * Candidates on a seeded model of GPT-2's size. All have the same weights and number of threads, and each runs in its own
 * process.
 */
export class FullSizeBench {
  private texts = 0

  private constructor(
    private readonly script: string,
    private readonly settings: Omit<CandidateSettings, 'name'>,
    private readonly resultsFile: string,
  ) {}

  static async prepare(): Promise<FullSizeBench> {
    const { bundle, repository, resultsFile } = benchArguments()
    const modelFolder = await cachedSeededGpt2(join(repository, '.cache', 'models'), 'gpt2-124m', {
      config: GPT2_124M,
      type: 'F32',
    })
    const settings = {
      modelFolder,
      standardFolder: await peerFolderOf(modelFolder),
      assetsFolder: join(repository, 'dist'),
      nativeLibrary: join(repository, 'native', 'dist', 'onnxruntime.cjs'),
      peersFolder: join(repository, '.cache', 'peers'),
      chromium: process.env.LOGITSCOPE_CHROMIUM ?? '',
      threads: availableParallelism(),
    }
    return new FullSizeBench(join(bundle, '..', 'fullSize', 'candidateProcess.mjs'), settings, resultsFile)
  }

  get weightsFile(): string {
    return join(this.settings.modelFolder, 'model.safetensors')
  }

  /** Starts a candidate and loads the model. */
  async started(name: string): Promise<CandidateClient> {
    const client = new CandidateClient(this.script)
    await client.load({ ...this.settings, name })
    return client
  }

  /** New tokens at every call, so that no candidate has them in a cache. */
  text(length: number): number[] {
    const value = seededValues(`text ${this.texts++}`)
    return Array.from({ length }, (_, i) => Math.floor(Math.abs(value(i)) * 16_000))
  }

  /** Milliseconds of each job in every repetition. The jobs alternate; a first turn is a warm-up. */
  async inTurns<const Jobs extends readonly Job[]>(
    length: number,
    jobs: Jobs,
  ): Promise<{ [I in keyof Jobs]: number[] }> {
    const timed = jobs.map(([client, method]) => ({ client, method, times: [] as number[] }))
    for (let turn = 0; turn <= REPETITIONS; turn++) {
      for (const { client, method, times } of timed) {
        const ms = await client.run(method, this.text(length))
        if (turn > 0) times.push(ms)
      }
    }
    // `map` keeps the length of a tuple, but its type does not.
    return timed.map(({ times }) => times) as { [I in keyof Jobs]: number[] }
  }

  /** Start of the engine, loading and first prediction of new processes, in turns with reading the same bytes. */
  async coldStarts<const Names extends readonly string[]>(
    names: Names,
  ): Promise<{ readonly reading: number[]; readonly starts: { [I in keyof Names]: number[] } }> {
    const reading: number[] = []
    const timed = names.map((name) => ({ name, times: [] as number[] }))
    for (let turn = 0; turn < COLD_STARTS; turn++) {
      reading.push(await millisecondsOf(() => readFile(this.weightsFile)))
      for (const { name, times } of timed) times.push(await this.firstPrediction(name))
    }
    return { reading, starts: timed.map(({ times }) => times) as { [I in keyof Names]: number[] } }
  }

  /** Scoring one token appended to 512, compared to scoring 512. */
  async appended(name: string, client: CandidateClient): Promise<Comparison> {
    const times = { ours: [] as number[], against: [] as number[] }
    for (let turn = 0; turn < REPETITIONS; turn++) {
      const tokens = this.text(513)
      times.against.push(await client.run('inspect', tokens.slice(0, 512)))
      times.ours.push(await client.run('inspectLast', tokens))
    }
    return { name: `${name}: one token appended to 512: all 512 tokens`, unit: 'ms', ...times }
  }

  /** Scoring the second half of 1,024 tokens after an edit at its start, compared to scoring all; 0.5 is ideal. */
  async edited(name: string, client: CandidateClient): Promise<Comparison> {
    const times = { ours: [] as number[], against: [] as number[] }
    for (let turn = 0; turn < REPETITIONS; turn++) {
      const tokens = this.text(1024)
      const changed = tokens.with(512, (elementAt(tokens, 512) + 1) % 50256)
      times.against.push(await client.run('inspect', tokens))
      times.ours.push(await client.run('inspectSecondHalf', changed))
    }
    return { name: `${name}: an edit in the middle of 1,024: all 1,024 tokens`, unit: 'ms', ...times }
  }

  async finish(clients: readonly CandidateClient[], results: readonly Comparison[]): Promise<void> {
    await Promise.all(clients.map((client) => client.end()))
    await writeFile(this.resultsFile, JSON.stringify(results))
  }

  private async firstPrediction(name: string): Promise<number> {
    const client = new CandidateClient(this.script)
    const load = await client.load({ ...this.settings, name })
    const first = await client.run('inspect', this.text(4))
    await client.end()
    return load + first
  }
}

/** @param ours, against bytes */
export function megabytes(name: string, ours: number, against: number): Comparison {
  return { name, unit: 'MB', ours: [ours / MEGABYTE], against: [against / MEGABYTE] }
}
