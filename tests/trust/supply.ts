import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const project = join(import.meta.dirname, '../..')

/**
 * The supply chain: on a fresh clone of the committed files, installs packages without install scripts, builds the sample and runs tests;
 * then prints the SBOM of all packages, and the findings of an advisory service. Prints a line for each; gives the exit code.
 */
function supply(out: string | undefined): number {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-supply-'))
  const clone = join(folder, 'clone')
  const step = (title: string, command: string, args: string[]): string | undefined => {
    const { DATABASE_URL: _, ...env } = process.env
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: clone, encoding: 'utf8', env, maxBuffer: 1 << 28 })
    process.stdout.write(`${status === 0 ? 'ok  ' : 'FAIL'} ${title}\n${status === 0 ? '' : `${stdout}${stderr}`.slice(-3000)}`)
    return status === 0 ? stdout : undefined
  }
  try {
    spawnSync('git', ['clone', '--quiet', '--no-hardlinks', project, clone])
    const isInstalled =
      step('npm ci --ignore-scripts', 'npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']) !== undefined &&
      step('npx tsx run.ts build', 'npx', ['tsx', 'run.ts', 'build']) !== undefined &&
      step('npm test, of the server and the sample', 'npm', [
        'test',
        '--',
        'tests/pipeline/embedded.test.ts',
        'tests/pipeline/sample.test.ts',
      ]) !== undefined
    if (!isInstalled) return 1
    const sbom = step('npm sbom', 'npm', ['sbom', '--sbom-format', 'cyclonedx'])
    if (sbom === undefined) return 1
    process.stdout.write(`     ${JSON.parse(sbom).components.length} packages${out ? `, written to ${out}` : ''}\n`)
    if (out) writeFileSync(out, sbom)
    return audit(clone)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Known vulnerabilities of runtime packages; a registry without an advisory service is reported, and is not a fault. */
function audit(clone: string): number {
  const { stdout } = spawnSync('npm', ['audit', '--omit', 'dev', '--json'], { cwd: clone, encoding: 'utf8' })
  const { metadata, message } = readJson(stdout) as { metadata?: { vulnerabilities: Record<string, number> }; message?: string }
  if (!metadata) {
    // Not the address, as the registry in use is private.
    process.stdout.write(`--   npm audit: no advisory service answers (${message?.split(' - ')[0] ?? 'no answer'})\n`)
    return 0
  }
  const { total = 0, high = 0, critical = 0 } = metadata.vulnerabilities
  process.stdout.write(`${high + critical > 0 ? 'FAIL' : 'ok  '} npm audit: ${total} known holes, ${high} high, ${critical} critical\n`)
  return high + critical > 0 ? 1 : 0
}

function readJson(text: string): object {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** `npm run test:supply -- --sbom sbom.json` */
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { sbom: { type: 'string' } } })
  process.exitCode = supply(values.sbom)
}
