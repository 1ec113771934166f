import { describe, expect, it } from 'vitest'
import {
  describeOpenedAdapter,
  type OpenedAdapter,
} from '../../../../../src/engine/client/webgpu/graphicsDriver'

const LINUX: OpenedAdapter = { platform: 'linux', libraries: [], errorOutput: '', processor: 'a CPU' }
const LOADER = '[Vulkan Loader] DRIVER:                '

describe('An adapter that was opened with Vulkan', () => {
  it('has the name and the driver that the loader used last', () => {
    const driver = '/usr/lib/x86_64-linux-gnu/libvulkan_radeon.so'

    expect(
      describeOpenedAdapter({
        ...LINUX,
        libraries: ['/usr/lib/libvulkan_lvp.so', driver],
        errorOutput: [
          `${LOADER}Using "llvmpipe (LLVM 19)" with driver: "libvulkan_lvp.so"`,
          `${LOADER}Using "AMD Radeon RX 7800 (RADV)" with driver: "/usr/lib/libvulkan_radeon.so"`,
        ].join('\n'),
      }),
    ).toEqual({ name: 'AMD Radeon RX 7800 (RADV)', isSoftware: false, driver })
  })

  it.each([
    ['llvmpipe (LLVM 19.1.7, 256 bits)', 'libvulkan_lvp.so'],
    ['SwiftShader Device (Subzero)', './libvk_swiftshader.so'],
  ])('is software if it is %s', (name, driver) => {
    const errorOutput = `${LOADER}Using "${name}" with driver: "${driver}"`

    expect(describeOpenedAdapter({ ...LINUX, errorOutput })).toMatchObject({ name, isSoftware: true })
  })

  it.each([
    [true, ['/usr/lib/libvulkan_radeon.so', '/usr/lib/libvulkan_lvp.so']],
    [false, ['/usr/lib/libvulkan_radeon.so']],
  ])('is software: %s, if the loader does not name it and %j are loaded', (isSoftware, libraries) => {
    expect(describeOpenedAdapter({ ...LINUX, libraries }).isSoftware).toBe(isSoftware)
  })
})

describe('An adapter that was opened with Direct3D', () => {
  const SYSTEM = ['C:\\Windows\\System32\\d3d12.dll', 'C:\\Windows\\System32\\d3d10warp.dll']
  const WINDOWS: OpenedAdapter = { ...LINUX, platform: 'win32', libraries: SYSTEM }

  it('is hardware if a driver of the driver store is loaded', () => {
    const driver = 'C:\\Windows\\System32\\DriverStore\\FileRepository\\nv_dispi.inf_amd64_1f\\nvwgf2umx.dll'

    expect(describeOpenedAdapter({ ...WINDOWS, libraries: [...SYSTEM, driver] })).toEqual({
      name: 'the adapter of nvwgf2umx.dll',
      isSoftware: false,
      driver,
    })
  })

  it('is software if none is', () => {
    expect(describeOpenedAdapter(WINDOWS).isSoftware).toBe(true)
  })
})

it('An adapter that was opened with Metal is the GPU of the processor', () => {
  expect(describeOpenedAdapter({ ...LINUX, platform: 'darwin', processor: 'Apple M2' })).toEqual({
    name: 'Apple M2',
    isSoftware: false,
    driver: undefined,
  })
})
