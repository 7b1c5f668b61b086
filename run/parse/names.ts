import { ProjectError } from '../base/errors.ts'
import { bindMacro } from '../jinja/template.ts'
import type { Node } from '../manifest/node.ts'
import { relationOf, relationText } from '../manifest/relation.ts'
import { createScope } from '../template/context.ts'
import { macroBook } from '../template/macro-book.ts'
import { text } from '../template/node-context.ts'
import { nodeDict } from '../template/node-dict.ts'
import type { Rendering, World } from '../template/rendering.ts'

/**
 * Gives nodes their schema, alias and relation name: with the project's generate_schema_name and generate_alias_name if it has them, else
 * dbt's. `rendering` makes the context of a node.
 */
export function namer(world: World, rendering: (node: Node) => Rendering): (node: Node) => void {
  const { own, packages } = macroBook(world)
  const testSchemas = new Map<string, string>()
  return node => {
    const { config } = node
    const custom = config.database ?? config.target_database
    const wanted = generated(node, 'generate_database_name', 'custom_database_name', custom) ?? custom
    if (wanted !== undefined && wanted !== world.target.database)
      throw new ProjectError(`${node.name} has the database '${wanted}', but the connection is to '${world.target.database}'`, {
        place: node.place,
        hint: 'One PostgreSQL session has one database: remove the config.',
      })
    node.schema = schemaOf(node)
    node.alias = generated(node, 'generate_alias_name', 'custom_alias_name', config.alias) ?? String(config.alias ?? versioned(node)).trim()
    node.relationName = hasRelation(node, world) ? relationText(relationOf(node)) : null
  }

  function schemaOf(node: Node): string {
    // dbt's older config for snapshots: the schema unchanged.
    if (node.resourceType === 'snapshot' && node.config.target_schema) return String(node.config.target_schema)
    const custom = node.config.schema as string | undefined
    const key = `${node.packageName} ${custom}`
    const known = node.resourceType === 'test' && custom !== undefined ? testSchemas.get(key) : undefined
    if (known !== undefined) return known
    const schema =
      generated(node, 'generate_schema_name', 'custom_schema_name', custom) ??
      (custom === undefined ? world.target.schema : `${world.target.schema}_${String(custom).trim()}`)
    if (node.resourceType === 'test' && custom !== undefined) testSchemas.set(key, schema)
    return schema
  }

  function generated(node: Node, name: string, parameter: string, custom: unknown): string | undefined {
    // A package's macro applies to its own nodes.
    const macro = (node.packageName === world.name ? undefined : packages.get(node.packageName)?.get(name)) ?? own.get(name)
    if (!macro) return undefined
    const here = rendering(node)
    const [first = parameter] = macro.definition.parameters.map(({ name: own }) => own)
    const call = bindMacro(macro.definition, createScope(world, here))
    const kwargs = {
      [first]: custom === undefined ? null : String(custom),
      ...(macro.definition.parameters.length > 1 ? { node: nodeDict(node) } : {}),
    }
    return text(call([], kwargs, macro.place)).trim()
  }
}

// As in dbt's generate_alias_name.
function versioned({ name, version }: Node): string {
  return version === undefined ? name : `${name}_v${version.replaceAll('.', '_')}`
}

function hasRelation(node: Node, world: World): boolean {
  if (node.resourceType === 'test')
    return (
      node.config.store_failures_as === 'table' ||
      node.config.store_failures === true ||
      (node.config.store_failures !== false && world.flags.storeFailures)
    )
  return node.config.materialized !== 'ephemeral'
}
