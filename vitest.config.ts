import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

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

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          // By default Vitest leaves one core unused.
          maxWorkers: '100%',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'webview',
          include: ['test/webview/**/*.test.ts'],
          globalSetup: ['test/webview/globalSetup.ts'],
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
