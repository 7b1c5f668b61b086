import { ProjectError } from '../base/errors.ts'

/** A version of a package: `1.3.0`, `2.0.0-rc1`. */
interface Version {
  numbers: [number, number, number]
  prerelease: string | undefined
}

/** The newest version that satisfies every range (`>=1.0.0`, `<2.0.0`, `1.2.3`); undefined without one. */
export function newestOf(versions: string[], ranges: string[]): string | undefined {
  const tests = ranges.map(testOf)
  // A range that names a prerelease allows all prereleases.
  const withPrereleases = ranges.some(range => parse(range.replace(COMPARATOR, ''))?.prerelease !== undefined)
  const fitting = versions.filter(text => {
    const version = parse(text)
    return version !== undefined && (withPrereleases || version.prerelease === undefined) && tests.every(test => test(version))
  })
  return fitting.sort((one, other) => compare(parse(one)!, parse(other)!)).at(-1)
}

const COMPARATOR = /^\s*(>=|<=|>|<|==?)?\s*/
const COMPARE: Record<string, (order: number) => boolean> = {
  '>=': order => order >= 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '<': order => order < 0,
  '=': order => order === 0,
}

function testOf(range: string): (version: Version) => boolean {
  const operator = (COMPARATOR.exec(range)?.[1] ?? '=').replace('==', '=')
  const limit = parse(range.replace(COMPARATOR, ''))
  if (!limit) throw new ProjectError(`Invalid version range '${range}'`, { hint: 'Write ">=1.0.0", "<2.0.0" or one version, 1.2.3.' })
  return version => COMPARE[operator]!(compare(version, limit))
}

function parse(text: string): Version | undefined {
  const [, major, minor, patch, prerelease] = /^v?(\d+)\.(\d+)\.(\d+)(?:-?([0-9A-Za-z.-]+))?(?:\+.*)?$/.exec(text.trim()) ?? []
  return major === undefined ? undefined : { numbers: [Number(major), Number(minor), Number(patch)], prerelease }
}

function compare(left: Version, right: Version): number {
  for (const [index, number] of left.numbers.entries()) if (number !== right.numbers[index]) return number - right.numbers[index]!
  if (left.prerelease === right.prerelease) return 0
  if (left.prerelease === undefined) return 1
  if (right.prerelease === undefined) return -1
  return left.prerelease.localeCompare(right.prerelease, 'en', { numeric: true })
}
