import { assertNever } from '../assertNever'
import type { Baseline, InspectionComparison } from '../contracts/panel/comparison'
import type { Inspection } from '../contracts/panel/inspection'
import type { ModelInfo } from '../contracts/engine/prediction'

/** The names of the two sides of a comparison. */
export interface SideNames {
  readonly shown: string
  readonly baseline: string
}

/** An inspection that is compared. */
export type ComparedInspection = Inspection & { readonly comparison: InspectionComparison }

/** Whether the inspection is compared. */
export function isCompared(inspection: Inspection): inspection is ComparedInspection {
  return inspection.comparison !== undefined
}

/** `mini` and `mini int8`, `readConfig.ts` and `saved`, `with context` and `without context`: never the same twice. */
export function sideNames({ comparison, ...inspection }: ComparedInspection): SideNames {
  const { baseline, models } = comparison
  switch (baseline.kind) {
    case 'model':
      return modelNames(models?.shown ?? inspection.model, models?.baseline ?? baseline, baseline.id)
    case 'text':
      return textNames(inspection, baseline)
    case 'context':
      return inspection.context === 'document'
        ? { shown: WITH_CONTEXT, baseline: WITHOUT_CONTEXT }
        : { shown: WITHOUT_CONTEXT, baseline: WITH_CONTEXT }
    default:
      return assertNever(baseline)
  }
}

/** `likelier for mini`, `likelier in saved`, `likelier with context`: the side that gives a token the larger probability. */
export function likelierTexts(inspection: ComparedInspection): SideNames {
  const { shown, baseline } = sideNames(inspection)
  const preposition = PREPOSITIONS[inspection.comparison.baseline.kind]
  return { shown: `likelier ${preposition}${shown}`, baseline: `likelier ${preposition}${baseline}` }
}

const PREPOSITIONS: Readonly<Record<Baseline['kind'], string>> = { model: 'for ', text: 'in ', context: '' }

const WITH_CONTEXT = 'with context'
const WITHOUT_CONTEXT = 'without context'

type NamedModel = Pick<ModelInfo, 'id' | 'precision'>

/** A model in fp32, the default, goes by its name alone. `path` is the baseline's folder if it is not in the registry. */
function modelNames(shown: NamedModel, baseline: NamedModel, path: string): SideNames {
  const isSamePrecision = shown.precision === baseline.precision
  const nameOf = ({ id, precision }: NamedModel) => {
    const name = fileName(id)
    return isSamePrecision || precision === 'fp32' ? name : `${name} ${precision}`
  }
  const names = { shown: nameOf(shown), baseline: nameOf(baseline) }
  // Two checkpoints whose folders have the same name.
  return names.shown === names.baseline ? { ...names, baseline: distinct(names.shown, path) } : names
}

function textNames(
  { documentName, documentUri }: Pick<Inspection, 'documentName' | 'documentUri'>,
  { source, name, uri }: Extract<InspectionComparison['baseline'], { kind: 'text' }>,
): SideNames {
  const shown = fileName(documentName)
  switch (source) {
    case 'saved':
      return { shown, baseline: 'saved' }
    case 'clipboard':
      return { shown, baseline: 'clipboard' }
    case 'document': {
      const baseline = fileName(name)
      if (shown !== baseline) return { shown, baseline }
      const [ours, theirs] = [decoded(documentUri), decoded(uri ?? name)]
      return { shown: distinct(theirs, ours), baseline: distinct(ours, theirs) }
    }
    default:
      return assertNever(source)
  }
}

/** The shortest end of a path, in whole names, that `other` does not end in; the whole path if `other` ends in it. */
function distinct(other: string, path: string): string {
  const names = namesOf(path)
  const others = namesOf(other)
  for (let count = 1; count <= names.length; count++)
    if (others.at(-count) !== names.at(-count)) return names.slice(-count).join('/')
  return path
}

function fileName(path: string): string {
  return namesOf(path).at(-1) ?? path
}

function namesOf(path: string): string[] {
  return path.split(/[/\\]/).filter((name) => name !== '')
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri)
  } catch {
    return uri
  }
}
