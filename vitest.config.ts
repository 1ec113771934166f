import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** A test with a browser or an editor in it waits for them to start. */
const BROWSER_LIMIT_MS = 120_000

/** In Node the package gives out the build that has WASM only. */
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
          // Vitest leaves a core to whoever watches.
          maxWorkers: '100%',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'webview',
          include: ['test/webview/**/*.test.ts'],
          maxWorkers: '100%',
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
        },
      },
      {
        test: {
          name: 'web',
          include: ['test/web/**/*.test.ts'],
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'webgpu',
          include: ['test/webgpu/**/*.test.ts'],
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          // The software adapter is the processor.
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
          testTimeout: BROWSER_LIMIT_MS,
          hookTimeout: BROWSER_LIMIT_MS,
          // A busy machine's browser loses focus and keys now and then; a defect fails twice.
          retry: 1,
          // One workbench at a time: two of them on two cores run into each other's limits.
          fileParallelism: false,
        },
      },
    ],
  },
})
