// @ts-check
// Measures what is fast against what it replaces, side by side in one run, and prints ratios of medians.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { basename, join } from 'node:path'
import { ensureInstalled } from './ensureInstalled.mjs'
import { runMain } from './failure.mjs'
import { CACHE, REPO } from './paths.mjs'
import { run } from './processes.mjs'

const SOURCES = join(REPO, 'bench')
const BUNDLES = join(CACHE, 'bench')
/** Now and then a launch runs twice as slow as its twins. */
const LAUNCHES = 3
const LAUNCH_LIMIT_MS = 10 * 60_000

await runMain(async () => {
  await ensureInstalled()
  const benches = (await readdir(SOURCES)).filter((name) => name.endsWith('.bench.ts'))
  await buildBenches(benches)
  const [cpu] = cpus()
  console.log(
    `${cpu?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`,
  )
  for (const bench of benches) {
    /** @type {import('../bench/measure').Comparison[][]} */
    const launches = []
    for (let launch = 0; launch < LAUNCHES; launch++) launches.push(await launchBench(bench))
    printTable(bench, launches)
  }
})

/** @param {readonly string[]} benches */
async function buildBenches(benches) {
  const { build } = await import('./build.mjs')
  await build()
  await rm(BUNDLES, { recursive: true, force: true })
  await mkdir(BUNDLES, { recursive: true })
  const esbuild = await import('esbuild')
  await esbuild.build({
    entryPoints: benches.map((name) => join(SOURCES, name)),
    outdir: BUNDLES,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  })
}

/**
 * @param {string} bench
 * @returns {Promise<import('../bench/measure').Comparison[]>}
 */
async function launchBench(bench) {
  const results = join(BUNDLES, 'results.json')
  await run(process.execPath, [join(BUNDLES, bench.replace(/\.ts$/, '.mjs')), REPO, results], {
    limitMs: LAUNCH_LIMIT_MS,
    output: 'show',
  })
  return JSON.parse(await readFile(results, 'utf8'))
}

/**
 * @param {string} bench
 * @param {readonly (readonly import('../bench/measure').Comparison[])[]} launches
 */
function printTable(bench, launches) {
  console.log(`\n${basename(bench, '.bench.ts')}: medians of ${launches.length} launches\n`)
  console.log('| what | ms | against ms | ratio |')
  console.log('| --- | ---: | ---: | ---: |')
  launches[0]?.forEach(({ name }, row) => {
    const ours = median(launches.flatMap((launch) => launch[row]?.ours ?? []))
    const against = median(launches.flatMap((launch) => launch[row]?.against ?? []))
    console.log(`| ${name} | ${ours.toFixed(1)} | ${against.toFixed(1)} | ${(ours / against).toFixed(3)} |`)
  })
}

/** @param {readonly number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
