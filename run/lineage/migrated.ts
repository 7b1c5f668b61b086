import { as, type Body, parseStatements, type Tree, textOf, textsOf } from './tree.ts'

/** The results of migrations: tables with their columns in order, and whether functions are immutable. Keys are `schema.name`. */
export interface Migrated {
  tables: Map<string, string[]>
  functions: Map<string, boolean>
}

/** Reads the SQL of migrations, in order, without a database. Ignores other statements. Call loadParser first. */
export function readMigrated(scripts: readonly string[]): Migrated {
  const made: Migrated = { tables: new Map(), functions: new Map() }
  for (const script of scripts) {
    try {
      for (const tree of parseStatements(script)) apply(tree, made)
    } catch {
      // Running the migration reports its error.
    }
  }
  return made
}

function apply(tree: Tree, { tables, functions }: Migrated): void {
  const table = as(tree, 'CreateStmt')
  if (table) tables.set(nameOf(table.relation), columnsOf(table, tables))
  const altered = as(tree, 'AlterTableStmt')
  for (const step of altered?.cmds ?? []) alter(as(step, 'AlterTableCmd'), tables.get(nameOf(altered?.relation)))
  const renamed = as(tree, 'RenameStmt')
  if (renamed?.renameType === 'OBJECT_COLUMN') {
    const columns = tables.get(nameOf(renamed.relation))
    const index = columns?.indexOf(renamed.subname ?? '') ?? -1
    if (index >= 0) columns![index] = renamed.newname ?? ''
  }
  const dropped = as(tree, 'DropStmt')
  if (dropped?.removeType === 'OBJECT_TABLE')
    for (const object of dropped.objects ?? []) tables.delete(textsOf(as(object, 'List')?.items).join('.'))
  const made = as(tree, 'CreateFunctionStmt')
  if (made) functions.set(textsOf(made.funcname).join('.'), isImmutable(made))
}

function columnsOf({ tableElts = [] }: Body<'CreateStmt'>, tables: Migrated['tables']): string[] {
  return tableElts.flatMap(element => {
    const like = as(element, 'TableLikeClause')
    if (like) return tables.get(nameOf(like.relation)) ?? []
    return as(element, 'ColumnDef')?.colname ?? []
  })
}

function alter(step: Body<'AlterTableCmd'> | undefined, columns: string[] | undefined): void {
  if (!step || !columns) return
  const added = step.subtype === 'AT_AddColumn' ? as(step.def, 'ColumnDef')?.colname : undefined
  if (added && !columns.includes(added)) columns.push(added)
  if (step.subtype === 'AT_DropColumn' && columns.includes(step.name ?? '')) columns.splice(columns.indexOf(step.name ?? ''), 1)
}

function isImmutable({ options = [] }: Body<'CreateFunctionStmt'>): boolean {
  return options.some(tree => {
    const option = as(tree, 'DefElem')
    return option?.defname === 'volatility' && textOf(option.arg) === 'immutable'
  })
}

function nameOf(relation: Body<'RangeVar'> | undefined): string {
  return relation?.schemaname === undefined ? (relation?.relname ?? '') : `${relation.schemaname}.${relation.relname}`
}
