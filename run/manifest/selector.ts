import type { Place } from '../base/errors.ts'

/** A selection in selectors.yml: a criterion, or a combination of criteria; `exclude` is subtracted last. */
export type Definition =
  | { kind: 'term'; term: string; indirectSelection?: IndirectSelection; exclude: Definition[] }
  | { kind: 'union' | 'intersection'; parts: Definition[]; exclude: Definition[] }
  | { kind: 'selector'; name: string; exclude: Definition[] }

/** A named selection of selectors.yml. */
export interface Selector {
  name: string
  description: string
  isDefault: boolean
  definition: Definition
  /** As written, for manifest.json. */
  written: unknown
  place: Place
}

/** Which tests are added to the picked nodes. */
export type IndirectSelection = 'eager' | 'cautious' | 'buildable' | 'empty'
