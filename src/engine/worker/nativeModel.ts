import { freemem } from 'node:os'
import { env } from 'onnxruntime-common'
import { PrepackedForms, type PrepackedKey } from '../../model/derived/prepackedForms'
import { pinnedFingerprint } from '../../model/registry'
import { InferenceError } from '../../shared/errors'
import { weightMemoryBytes } from '../../shared/text/modelText'
import type { EngineOptions } from '../contract/engineOptions'
import { loadModelFolder } from '../inference/loadModelFolder'
import type { InferenceOptions, LoadedModel } from '../inference/model'
import { openNativeGpu } from '../runtime/native/nativeGpuRuntime'
import { openNative } from '../runtime/native/nativeRuntime'
import { processorFeatures } from '../runtime/native/processor'
import { checkSameLogits } from './sameLogits'

/** The machine that the form is made for. */
interface Machine {
  readonly processor: () => Promise<string>
  /** Bytes. */
  readonly freeMemory: () => number
}

/** The options that only a second model in the process has. */
type BesideOptions = Pick<InferenceOptions, 'beside' | 'freeBytes' | 'signal' | 'turn'>

interface StoredOptions {
  readonly beside?: BesideOptions
  readonly savePrepackedTo?: string
}

/** Bytes for making a form: the mapped weights, the arranged ones, and what is written. */
const MEMORY_PER_WEIGHT_BYTE = 3

/**
 * The model of a native engine. Only a downloaded model has a prepacked form: its digest identifies the form, and it is
 * deleted by Logitscope, together with the form.
 */
export class NativeModel {
  private readonly forms: PrepackedForms | undefined
  private isUsedAgain = false

  constructor(
    private readonly options: EngineOptions,
    private readonly machine: Machine = { processor: processorFeatures, freeMemory: freemem },
  ) {
    const { prepackedFolder } = options
    this.forms = prepackedFolder === undefined ? undefined : new PrepackedForms(prepackedFolder)
  }

  /** Whether the model was loaded without a prepacked form, and not for the first time. */
  get isFormWanted(): boolean {
    return this.isUsedAgain
  }

  /**
   * Loads the prepacked form, if there is one, else the model's files.
   * @throws what `loadModelFolder` throws
   */
  async load(beside: BesideOptions = {}): Promise<LoadedModel> {
    if (this.options.backend === 'webgpu') return this.loadForGpu(beside)
    const [forms, key] = [this.forms, await this.key()]
    if (forms === undefined || key === undefined) return this.loadStored({ beside })
    const prepackedForm = await forms.find(key)
    if (prepackedForm !== undefined) {
      try {
        return await this.loadPrepacked(prepackedForm, beside)
      } catch (error) {
        if (!(error instanceof InferenceError)) throw error
        // A damaged form. On Windows another process may still have mapped it.
        await forms.delete(key).catch(() => undefined)
      }
    }
    const model = await this.loadStored({ beside })
    this.isUsedAgain = await forms.noteUse(key)
    return model
  }

  /**
   * Makes the prepacked form, which takes seconds, unless memory is short.
   * @throws InferenceError if the form cannot be made, or does not give the model's numbers; the errors of the disk
   */
  async makeForm(): Promise<void> {
    const [forms, key] = [this.forms, await this.key()]
    if (forms === undefined || key === undefined) return
    const stored = await this.loadStored()
    const weightBytes = weightMemoryBytes(stored.info, stored.info.precision)
    if (weightBytes * MEMORY_PER_WEIGHT_BYTE > this.machine.freeMemory()) return
    await forms.add(key, {
      weightBytes,
      make: async (folder) => {
        await this.loadStored({ savePrepackedTo: folder })
        await checkSameLogits(stored, await this.loadPrepacked(folder))
      },
    })
  }

  private async key(): Promise<PrepackedKey | undefined> {
    const { model, precision } = this.options
    if (model.digest === undefined) return undefined
    const digest = pinnedFingerprint(model.digest)
    // The library is only used in the version of this package.
    return {
      model,
      digest,
      precision,
      runtime: env.versions.common,
      processor: await this.machine.processor(),
    }
  }

  private loadForGpu(beside: BesideOptions): Promise<LoadedModel> {
    if (this.options.precision === 'fp32') return this.loadOnGpu(beside)
    // A baseline in int8, which the GPU does not compute.
    return new NativeModel({ ...this.options, backend: 'native' }, this.machine).load(beside)
  }

  private async loadOnGpu(beside: BesideOptions): Promise<LoadedModel> {
    const { nativeLibrary: library = '', threads } = this.options
    const model = await loadModelFolder(this.options.model, {
      ...this.options,
      ...beside,
      // Files are mapped until the driver has copied the weights.
      backend: 'native',
      openRuntime: () => Promise.resolve(openNativeGpu({ library, threads })),
    })
    return { ...model, info: { ...model.info, backend: 'webgpu', gpuProcess: 'native' } }
  }

  private loadPrepacked(prepackedForm: string, beside: BesideOptions = {}): Promise<LoadedModel> {
    return loadModelFolder(this.options.model, {
      ...this.options,
      ...beside,
      prepackedForm,
      openRuntime: () => this.openRuntime(),
    })
  }

  private loadStored({ beside, savePrepackedTo }: StoredOptions = {}): Promise<LoadedModel> {
    return loadModelFolder(this.options.model, {
      ...this.options,
      ...beside,
      openRuntime: () => this.openRuntime(savePrepackedTo),
    })
  }

  private openRuntime(savePrepackedTo?: string) {
    const { nativeLibrary = '', threads, precision } = this.options
    return openNative({
      library: nativeLibrary,
      threads,
      precision,
      ...(savePrepackedTo !== undefined && { savePrepackedTo }),
    })
  }
}
