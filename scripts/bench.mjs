// @ts-check
// Measures fast implementations against those that they replace, in one run, and prints ratios of medians.
// Usage: node scripts/bench.mjs [NAME]...: the benches of bench/*.bench.ts whose names start with one of these, or all.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { basename, join } from 'node:path'
import { installBenchPeers } from '../bench/fullSize/installPeers.mjs'
import { findChromium } from '../test/hosts/chromium.mjs'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain, SetupError } from './failure.mjs'
import { provideNative } from './native.mjs'
import { CACHE, REPO } from './paths.mjs'
import { run } from './processes.mjs'

const SOURCES = join(REPO, 'bench')
const BUNDLES = join(CACHE, 'bench')
/** Some launches run half as fast as others, so the median of several is taken. */
const TIMED = { launches: 3, limitMs: 15 * 60_000 }
/** A leak shows within one long launch. */
const SOAK = { launches: 1, limitMs: 60 * 60_000 }

/**
 * Preparations that only some benches need.
 *
 * @type {Record<string, (() => Promise<unknown>)[]>}
 */
const PREPARATIONS = {
  'fullSizeNative.bench.ts': [provideNative, installBenchPeers],
  'fullSizeWasm.bench.ts': [installBenchPeers, useChromium],
  'explain.bench.ts': [provideNative],
  'interactive.bench.ts': [provideNative],
  'webgpu.bench.ts': [useChromium],
}

await runMain(async () => {
  await ensureInstalled()
  const benches = await chosenBenches(process.argv.slice(2))
  const preparations = Object.entries(PREPARATIONS).flatMap(([bench, steps]) =>
    benches.includes(bench) ? steps : [],
  )
  for (const prepare of new Set(preparations)) await prepare()
  await buildBenches(benches)
  const [cpu] = cpus()
  console.log(
    `${cpu?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`,
  )
  for (const bench of benches) {
    /** @type {import('../bench/measure').Comparison[][]} */
    const launches = []
    for (let launch = 0; launch < planOf(bench).launches; launch++) launches.push(await launchBench(bench))
    printTable(bench, launches)
  }
})

async function useChromium() {
  process.env.LOGITSCOPE_CHROMIUM = await findChromium()
}

/** @param {string} bench */
function planOf(bench) {
  return bench === 'soak.bench.ts' ? SOAK : TIMED
}

/** @param {readonly string[]} names */
async function chosenBenches(names) {
  const benches = (await readdir(SOURCES)).filter((name) => name.endsWith('.bench.ts'))
  const unknown = names.find((name) => !benches.some((bench) => bench.startsWith(name)))
  if (unknown !== undefined) {
    const known = benches.map((bench) => basename(bench, '.bench.ts'))
    throw new SetupError(`There is no bench “${unknown}”; the benches are ${known.join(', ')}.`)
  }
  return names.length === 0
    ? benches
    : benches.filter((bench) => names.some((name) => bench.startsWith(name)))
}

/** @param {readonly string[]} benches */
async function buildBenches(benches) {
  const { build } = await import('./build.mjs')
  await build('release')
  await rm(BUNDLES, { recursive: true, force: true })
  await mkdir(BUNDLES, { recursive: true })
  const esbuild = await import('esbuild')
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    outdir: BUNDLES,
    outbase: SOURCES,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    logLevel: 'warning',
  }
  const inNode = [...benches, 'fullSize/candidateProcess.ts', 'soak/observedThread.ts'].map((name) =>
    join(SOURCES, name),
  )
  await esbuild.build({
    ...options,
    entryPoints: inNode,
    platform: 'node',
    external: ['playwright-core', 'esbuild'],
  })
  const inPage = [join(SOURCES, 'fullSize/candidates/transformersPage.ts')]
  await esbuild.build({
    ...options,
    entryPoints: inPage,
    outdir: join(BUNDLES, 'fullSize'),
    outbase: join(SOURCES, 'fullSize/candidates'),
    platform: 'browser',
  })
}

/**
 * @param {string} bench
 * @returns {Promise<import('../bench/measure').Comparison[]>}
 */
async function launchBench(bench) {
  const results = join(BUNDLES, 'results.json')
  await run(process.execPath, [join(BUNDLES, bench.replace(/\.ts$/, '.mjs')), REPO, results], {
    limitMs: planOf(bench).limitMs,
    output: 'show',
  })
  return JSON.parse(await readFile(results, 'utf8'))
}

/**
 * @param {string} bench
 * @param {readonly (readonly import('../bench/measure').Comparison[])[]} launches
 */
function printTable(bench, launches) {
  console.log(`\n${basename(bench, '.bench.ts')}: medians, launches: ${launches.length}\n`)
  console.log('| what | ours | against | ratio |')
  console.log('| --- | ---: | ---: | ---: |')
  launches[0]?.forEach(({ name, unit }, row) => {
    const ours = median(launches.flatMap((launch) => launch[row]?.ours ?? []))
    const against = median(launches.flatMap((launch) => launch[row]?.against ?? []))
    const cells = [
      name,
      `${rounded(ours)} ${unit}`,
      `${rounded(against)} ${unit}`,
      ours === against ? '1' : (ours / against).toFixed(3),
    ]
    console.log(`| ${cells.join(' | ')} |`)
  })
}

/** @param {number} value */
function rounded(value) {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
