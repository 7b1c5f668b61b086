import type { Project } from '../manifest/node.ts'

/** A file of a package as the package itself calls it. */
export function withinPackage(project: Project, pack: string, file: string): string {
  return project.packageVars.has(pack) ? file.split('/').slice(2).join('/') : file
}

/** A file as dbt calls it within the folder of its kind. */
export function inFolder(file: string): string {
  return file.split('/').slice(1).join('/') || file
}
