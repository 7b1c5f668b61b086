import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { catalogOf } from '../artifacts/catalog.ts'
import { writeManifest } from '../artifacts/manifest.ts'
import { ProjectError, ProjectErrors } from '../base/errors.ts'
import { didYouMean } from '../base/suggest.ts'
import { useCluster } from '../citus/prepare.ts'
import type { Command } from '../cli/command.ts'
import { withDatabase } from '../cli/open-database.ts'
import { openPartly } from '../cli/open-project.ts'
import { selectedIds } from '../cli/selection.ts'
import { aloneHtml } from '../docs/alone.ts'
import { copyAssets } from '../docs/assets.ts'
import { docsData } from '../docs/data.ts'
import { htmlOf } from '../docs/html.ts'
import { pageDataOf } from '../docs/pagedata.ts'
import { serveDocs } from '../docs/serve.ts'
import type { DocsData } from '../docs/shape.ts'
import { inPlaces } from '../parse/resolve-refs.ts'
import { loadProject } from '../project/files.ts'
import { plural } from '../report/format.ts'

/**
 * docs generate: writes index.html, manifest.json with compiled SQL, and catalog.json with the relations of the database, beside the
 * folders of asset-paths. For a project with mistakes it writes only the page, with the mistakes on top, and gives exit code 1.
 */
export async function docsCommand(command: Command): Promise<number> {
  const { options, report } = command
  const { project, settings, errors, targetPath, targetName } = await openPartly(command)
  return withDatabase(command, async pool => {
    await useCluster(pool, project.citus)
    const sql = await pool.reserve()
    try {
      const isCompiled = options.compile !== false
      const data = await docsData(sql, {
        project,
        errors,
        command: 'docs generate',
        targetPath,
        isCompiled,
        withPersonal: options.personal ?? false,
        parts: command.extension?.docs,
      })
      await mkdir(targetPath, { recursive: true })
      if (options.report !== undefined) return await writeReport(command, data, options.report, targetPath, targetName)
      const html = await htmlOf(pageDataOf(data))
      await writeFile(path.join(targetPath, 'index.html'), html)
      if (data.errors.length > 0) {
        report.fail(mistakes(data, errors))
        report.note(
          `Wrote ${path.join(targetName, 'index.html')} with what could be read, and the ${plural(data.errors.length, 'error')} at the top`,
        )
        return 1
      }
      await copyAssets(project.dir, settings, targetPath)
      const catalog = await catalogOf(sql, project)
      const ids = await selectedIds(command, project, targetPath)
      await writeManifest(targetPath, project, compiledOf(data, ids))
      await writeFile(path.join(targetPath, 'catalog.json'), `${JSON.stringify(catalog, null, 2)}\n`)
      report.note(`Wrote index.html, manifest.json and catalog.json to ${targetName}`)
      return 0
    } finally {
      sql.release()
    }
  })
}

// Writes one report as a page of its own, even where other parts of the project have mistakes.
async function writeReport(
  { report: output }: Command,
  data: DocsData,
  name: string,
  targetPath: string,
  targetName: string,
): Promise<number> {
  const report = data.reports.find(one => one.name === name) ?? data.reports.find(one => one.title.toLowerCase() === name.toLowerCase())
  if (!report) {
    const names = data.reports.map(one => one.name)
    throw new ProjectError(`There is no report '${name}'`, {
      hint: didYouMean(name, names) ?? (names.length > 0 ? `Expected one of ${names.join(', ')}.` : 'The project has no report.'),
    })
  }
  const file = `report-${report.name}.html`
  const html = await aloneHtml({ kind: 'report', report, data })
  await writeFile(path.join(targetPath, file), html)
  output.note(`Wrote ${path.join(targetName, file)}, ${Math.ceil(html.length / 1024)} kB`)
  return 0
}

/** docs serve: serves the output of docs generate on loopback, until Ctrl-C. */
export async function serveCommand({ options, report, signal }: Command): Promise<number> {
  const { dir, settings } = await loadProject(options.projectDir)
  const folder = path.resolve(dir, options.targetPath ?? process.env.DBT_TARGET_PATH ?? settings.targetPath)
  if (!existsSync(path.join(folder, 'index.html')))
    throw new ProjectError(`There is no index.html in ${folder}`, { hint: 'Create it with: docs generate' })
  const serving = await serveDocs(folder, options.port ?? 8080)
  report.result(`${serving.url} (Ctrl-C ends it)`)
  await new Promise<void>(resolve => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })))
  await serving.close()
  return 0
}

function compiledOf(data: DocsData, ids: Set<string>): Map<string, string> {
  return new Map(
    [...data.nodes, ...data.tests].flatMap(({ uniqueId, compiledSql }) =>
      compiledSql !== null && ids.has(uniqueId) ? [[uniqueId, compiledSql]] : [],
    ),
  )
}

// Mistakes of parsing in the order found, and mistakes of compiling as on the page.
function mistakes(data: DocsData, errors: ProjectError[]): ProjectErrors {
  const known = new Set(errors.map(({ message }) => message))
  const others = data.errors.filter(({ message }) => !known.has(message))
  return new ProjectErrors([
    ...inPlaces(errors),
    ...others.map(
      ({ message, file, line, column, hint }) =>
        new ProjectError(message, {
          ...(file ? { place: { file, line: line ?? undefined, column: column ?? undefined } } : {}),
          ...(hint ? { hint } : {}),
        }),
    ),
  ])
}
