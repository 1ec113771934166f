import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** A test with a browser or an editor waits until they have started. */
const BROWSER_LIMIT_MS = 120_000

/** Only a limit: `expect.poll` ends as soon as its condition holds. */
const IN_BROWSER = { poll: { timeout: 30_000 } }

/** As many as a machine of CI has cores. */
const E2E_WORKERS = 2

/** The build with WebGPU; in Node the package exports one that has only WASM. */
const ORT_WITH_WEBGPU = fileURLToPath(
  new URL('node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs', import.meta.url),
)

const UNIT_LIMIT_MS = 60_000

/** Unit tests that replace modules. They run in processes of their own; the others share processes and loaded modules. */
const MOCKING = readdirSync('test/unit', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test/unit', name).replaceAll('\\', '/'))
  .filter((path) => readFileSync(path, 'utf8').includes('vi.mock('))

/** Files that take long although they are short: Vitest begins with the longest text if it has not run them before. */
const SLOW = [
  'e2e/inspect.test.ts',
  'e2e/compare.test.ts',
  'e2e/inspectOnTheWeb.test.ts',
  'e2e/webGpuOnTheWeb.test.ts',
  'e2e/check.test.ts',
  'unit/check/mistakesOfMiniText0.test.ts',
  'unit/check/mistakesOfMiniText1.test.ts',
  'unit/check/mistakesOfSmallText0.test.ts',
  'unit/check/mistakesOfSmallText1.test.ts',
  'unit/engine/client/nativeFallback.test.ts',
]

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isSlow = ({ moduleId }: TestSpecification) => SLOW.some((path) => moduleId.endsWith(path))
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: SlowFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: MOCKING,
          isolate: false,
          // By default Vitest leaves one core unused.
          maxWorkers: '100%',
          testTimeout: UNIT_LIMIT_MS,
          hookTimeout: UNIT_LIMIT_MS,
        },
      },
      {
        test: {
          name: 'unit-mocking',
          include: MOCKING,
          maxWorkers: '100%',
          testTimeout: UNIT_LIMIT_MS,
          hookTimeout: UNIT_LIMIT_MS,
        },
      },
      {
        test: {
          name: 'webview',
          include: ['test/webview/**/*.test.ts'],
          globalSetup: ['test/webview/globalSetup.ts'],
          isolate: false,
          maxWorkers: '100%',
          expect: IN_BROWSER,
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
        },
      },
      {
        test: {
          name: 'web',
          include: ['test/web/**/*.test.ts'],
          expect: IN_BROWSER,
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'webgpu',
          include: ['test/webgpu/**/*.test.ts'],
          expect: IN_BROWSER,
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          // The software adapter runs on the processor.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'dawn',
          include: ['test/dawn/**/*.test.ts'],
          alias: { 'onnxruntime-web': ORT_WITH_WEBGPU },
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: 'test/e2e/support/hosts.ts',
          expect: IN_BROWSER,
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          // Each worker has hosts of its own, which wait most of the time.
          maxWorkers: E2E_WORKERS,
        },
      },
      {
        // Makes pictures, tests nothing: `npm run screenshots`.
        test: {
          name: 'screenshots',
          include: ['test/e2e/*.screenshots.ts'],
          globalSetup: 'test/e2e/support/hosts.ts',
          expect: IN_BROWSER,
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          fileParallelism: false,
        },
      },
    ],
  },
})
