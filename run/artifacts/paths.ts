import type { Project } from '../manifest/node.ts'

/** The path of a package's file, relative to the package. */
export function withinPackage(project: Project, pack: string, file: string): string {
  return project.packageVars.has(pack) ? file.split('/').slice(2).join('/') : file
}

/** The path of a file within the folder of its kind, as in dbt. */
export function inFolder(file: string): string {
  return file.split('/').slice(1).join('/') || file
}
