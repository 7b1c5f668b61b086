import { ProjectError } from '../base/errors.ts'
import { readShape, type Shapes } from '../base/validate.ts'
import { placeOf, type YamlMap } from '../base/yaml.ts'
import { mapIn, type Reading } from './property-reading.ts'

/** A group: the models of one owner. */
const GROUP: Shapes = { name: 'text', owner: 'map', description: 'text', config: 'map' }

export interface GroupProperties {
  name: string
  file: string
  /** `name`, `email` and any other keys of the owner. */
  owner: Record<string, unknown>
  description: string | null
  meta: Record<string, unknown>
}

/** Reads the groups of the YAML; mistakes go to `errors`. */
export function groupsIn(maps: YamlMap[], { file, errors, warnings }: Reading): GroupProperties[] {
  return maps.flatMap(map => {
    const { name, owner, description, config } = readShape(map, 'a group', GROUP, errors, warnings)
    if (name === undefined || name === null || name === '') {
      errors.push(new ProjectError('A group needs a name', { place: placeOf(map) ?? { file } }))
      return []
    }
    const meta = mapIn(mapIn(config).meta)
    return { name: String(name), file, owner: mapIn(owner), description: description ? String(description) : null, meta }
  })
}
