import { frame } from '../base/codeframe.ts'
import type { Problem, ProjectError } from '../base/errors.ts'
import { answering } from '../database/answers.ts'
import type { Sql } from '../database/driver.ts'
import type { Project } from '../manifest/node.ts'
import { inPlaces } from '../parse/resolve-refs.ts'
import type { RunContext } from '../template/compile.ts'
import { readCatalog } from './datacatalog.ts'
import { compiledNodes } from './datacompiled.ts'
import { entitiesOf } from './dataentities.ts'
import { docsLineage, lineageOf } from './datalineage.ts'
import { docsNode, isShown, type Known } from './datanodes.ts'
import { optional } from './dataoptional.ts'
import { compiledFigures, exposuresOf, figureRelations, reportsOf, withoutFigures } from './datareports.ts'
import { lastPublish, resultsOf, runsOf } from './dataruns.ts'
import { freshnessOf, samplesOf } from './datasamples.ts'
import { docsMacros, docsTest, docsUnitTest } from './datatests.ts'
import { maskExamples, personalColumns } from './personal.ts'
import type { DocsErrorExample } from './quality-shape.ts'
import type { DocsData, DocsProblem } from './shape.ts'

type Parts = Pick<DocsData, 'quality' | 'feed'>

/** The input of the docs. */
export interface DocsInput {
  /** The readable part of the project, and its mistakes: the result of parsePartly. */
  project: Project
  errors: ProjectError[]
  /** The command as typed. */
  command: string
  /** The folder of artifacts: for a database without a run log, its run_results.json has the last results. */
  targetPath: string
  /** --no-compile: without compiled SQL, and thus without lineage. */
  isCompiled: boolean
  /** --personal: shows contacts and free text of people. */
  withPersonal?: boolean
  /** The parts that only this warehouse has. */
  parts?: ((sql: Sql) => Promise<Parts>) | undefined
}

/**
 * All data of the page, from the project and its database. `sql` is one connection (not a pool), read in one transaction that changes
 * nothing. Lists that grow with the feed or with time are bounded.
 */
export async function docsData(
  sql: Sql,
  { project, errors, command, targetPath, isCompiled, parts, withPersonal = false }: DocsInput,
): Promise<DocsData> {
  await sql`begin isolation level repeatable read read only`
  try {
    const context: RunContext = { database: answering(sql) }
    const { texts, errors: broken } = isCompiled ? await compiledNodes(project, context) : { texts: new Map<string, string>(), errors: [] }
    const catalog = await readCatalog(sql)
    const figures = isCompiled ? await compiledFigures(project, context) : { texts: new Map<string, string>(), errors: [] }
    const traced = await lineageOf(project, texts, catalog, figureRelations(figures))
    const lineage = withoutFigures(traced, figures)
    const results = (await optional(sql, () => resultsOf(sql, targetPath))) ?? { last: new Map(), changed: new Map(), history: new Map() }
    const isPersonal = personalColumns(project, traced)
    const samples = await samplesOf(sql, project, catalog, (node, column) => !withPersonal && isPersonal(node, column))
    const freshness = await freshnessOf(sql, project, context)
    const known: Known = { project, compiled: texts, catalog, lineage, results, samples, freshness }
    // Figures of a report are stored some seconds before the publish.
    const publish = await optional(sql, () => lastPublish(sql))
    const reports = await reportsOf(sql, project, { compiled: figures, lineage: traced, isPersonal, withPersonal })
    const nodes = [...project.nodes.values()]
    const textOf = (file: string) => project.textOf(file)
    return {
      project: { name: project.name, version: project.version, database: catalog.database, server: catalog.server },
      generatedAt: new Date().toISOString(),
      invocation: { id: project.invocationId, command },
      errors: [
        ...inPlaces(errors).map(error => problemOf(error, textOf)),
        ...[...broken, ...figures.errors]
          .filter(({ error }) => !errors.some(other => isSame(other, error)))
          .map(({ error, node }) => ({ ...problemOf(error, textOf), node })),
      ],
      warnings: project.warnings.map(warning => problemOf(warning, textOf)),
      nodes: nodes.filter(isShown).map(node => docsNode(node, known)),
      sources: [...project.sources.values()].map(node => docsNode(node, known)),
      tests: nodes.filter(node => node.resourceType === 'test').map(node => docsTest(node, known)),
      unitTests: [...project.unitTests.values()].map(test => docsUnitTest(test, known)),
      macros: docsMacros(project),
      lineage: docsLineage(lineage, project),
      entities: entitiesOf(project, catalog),
      reports: reports.map(report => ({ ...report, published: report.published?.runId === publish?.runId ? publish : report.published })),
      exposures: exposuresOf(project),
      runs: await optional(sql, () => runsOf(sql)),
      publish,
      ...shownParts(await parts?.(sql), project, withPersonal),
    }
  } finally {
    await sql`rollback`.catch(() => {})
  }
}

const MOST_CHARACTERS = 4000

function shownParts(parts: Parts | undefined, project: Project, withPersonal: boolean): Parts {
  const { quality = null, feed = null } = parts ?? {}
  if (quality === null) return { quality, feed }
  const types = withPersonal ? quality.errorTypes : maskExamples(quality.errorTypes, project)
  return { quality: { ...quality, errorTypes: types.map(type => ({ ...type, examples: type.examples.map(cut) })) }, feed }
}

// After masking: a truncated record is not JSON any more.
function cut(example: DocsErrorExample): DocsErrorExample {
  const { record } = example
  return record === null || record.length <= MOST_CHARACTERS
    ? example
    : { ...example, record: record.slice(0, MOST_CHARACTERS), isCut: true }
}

// An unknown name is found at parse, and again when the node is compiled.
function isSame(a: ProjectError, b: ProjectError): boolean {
  if (a.message === b.message) return true
  return (
    a.place?.line !== undefined && a.place.file === b.place?.file && a.place.line === b.place?.line && a.place.column === b.place?.column
  )
}

function problemOf({ message, place, hint }: Problem, textOf: (file: string) => string | undefined): DocsProblem {
  return {
    message,
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    frame: place ? frame(place, textOf).join('\n') || null : null,
    hint: hint ?? null,
    node: null,
  }
}
