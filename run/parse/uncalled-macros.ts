import { ProjectError } from '../base/errors.ts'
import { hasContract } from '../manifest/contract.ts'
import { strategyName } from '../manifest/incremental-strategy.ts'
import { isBuilt, type Node, type Project } from '../manifest/node.ts'
import { macroBook, overridingMacro } from '../template/macro-book.ts'

/**
 * Errors for macros that a project overrides to change dbt's materializations, and that ours do not call: ignoring them would build
 * something else. Macros that no node of the project uses are allowed. A package's macros count for its own nodes.
 */
export function uncalledMacros(project: Project): ProjectError[] {
  const nodes = [...project.nodes.values()]
  const { packages } = macroBook(project)
  return UNCALLED.flatMap(({ macros, neededBy, instead }) => {
    const needing = macros.flatMap(name => {
      const found = overridingMacro(project, name)
      const asker = found && nodes.find(neededBy)
      if (asker) return [{ found, asker }]
      const ofPackage = nodes.find(node => packages.get(node.packageName)?.has(name) && neededBy(node))
      return ofPackage ? [{ found: packages.get(ofPackage.packageName)!.get(name)!, asker: ofPackage }] : []
    })
    return needing.map(
      ({ found: { name, place }, asker }) =>
        new ProjectError(`not supported: overriding '${name}', which would change how ${asker.name} is built`, {
          place,
          hint: `${instead}; or rename it, if only the project calls it.`,
        }),
    )
  })
}

interface Uncalled {
  macros: string[]
  neededBy(node: Node): boolean
  instead: string
}

const UNCALLED: Uncalled[] = [
  {
    macros: ['create_table_as', 'get_create_table_as_sql'],
    neededBy: ({ config, resourceType }) => resourceType === 'model' && ['table', 'incremental'].includes(String(config.materialized)),
    instead: 'Use the configs unlogged, indexes and fillfactor, or a post_hook',
  },
  {
    macros: ['create_view_as', 'get_create_view_as_sql'],
    neededBy: ({ config, resourceType }) => resourceType === 'model' && config.materialized === 'view',
    instead: 'Use a post_hook',
  },
  {
    macros: ['get_incremental_append_sql', 'get_insert_into_sql'],
    neededBy: node => strategy(node) === 'append',
    instead: 'Write the condition into the query, or use a pre_hook',
  },
  {
    macros: ['get_incremental_delete_insert_sql', 'get_delete_insert_merge_sql'],
    neededBy: node => strategy(node) === 'delete+insert',
    instead: 'Use incremental_predicates, or a pre_hook',
  },
  {
    macros: ['get_incremental_merge_sql', 'get_merge_sql', 'get_merge_update_columns'],
    neededBy: node => strategy(node) === 'merge',
    instead: 'Use incremental_predicates, merge_update_columns or merge_exclude_columns',
  },
  {
    macros: ['get_incremental_default_sql'],
    neededBy: node => strategy(node) !== undefined && node.config.incremental_strategy === undefined,
    instead: "Set the strategy in dbt_project.yml: +incremental_strategy: 'merge'",
  },
  {
    macros: ['should_full_refresh'],
    neededBy: node => strategy(node) !== undefined,
    instead: 'Use the config full_refresh',
  },
  {
    macros: ['process_schema_changes', 'check_for_schema_changes', 'sync_column_schemas', 'alter_relation_add_remove_columns'],
    neededBy: node => strategy(node) !== undefined && (node.config.on_schema_change ?? 'ignore') !== 'ignore',
    instead: 'Use on_schema_change, or a migration',
  },
  {
    macros: [
      'snapshot_merge_sql',
      'snapshot_staging_table',
      'build_snapshot_table',
      'snapshot_hash_arguments',
      'snapshot_timestamp_strategy',
      'snapshot_check_strategy',
    ],
    neededBy: ({ resourceType }) => resourceType === 'snapshot',
    instead: 'Use the configs of snapshots',
  },
  {
    macros: ['create_csv_table', 'reset_csv_table', 'load_csv_rows'],
    neededBy: ({ resourceType }) => resourceType === 'seed',
    instead: 'Use column_types, or a model that reads the seed',
  },
  {
    macros: ['create_indexes', 'get_create_index_sql'],
    neededBy: node => isBuilt(node) && Array.isArray(node.config.indexes) && node.config.indexes.length > 0,
    instead: 'Use a post_hook that creates the index',
  },
  {
    macros: ['apply_grants', 'get_grant_sql', 'get_revoke_sql', 'get_dcl_statement_list', 'call_dcl_statements'],
    neededBy: node => isBuilt(node) && Object.keys((node.config.grants as object | undefined) ?? {}).length > 0,
    instead: 'Use a post_hook that grants',
  },
  {
    macros: ['run_hooks'],
    neededBy: node => isBuilt(node),
    instead: 'Write what it adds into the hooks, where macros can be called',
  },
  {
    macros: ['persist_docs', 'alter_relation_comment', 'alter_column_comment'],
    neededBy: node => isBuilt(node) && Object.values((node.config.persist_docs as object | undefined) ?? {}).includes(true),
    instead: 'Use a post_hook that comments',
  },
  {
    macros: ['get_table_columns_and_constraints', 'get_assert_columns_equivalent'],
    neededBy: node => node.resourceType === 'model' && hasContract(node),
    instead: 'Use the constraints of the contract',
  },
  {
    macros: ['get_test_sql'],
    neededBy: ({ resourceType }) => resourceType === 'test',
    instead: 'Use fail_calc, warn_if, error_if and limit, or a generic test',
  },
]

function strategy({ config, resourceType }: Node): string | undefined {
  return resourceType === 'model' && config.materialized === 'incremental' ? strategyName(config) : undefined
}
