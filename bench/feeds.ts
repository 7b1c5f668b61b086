import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir, type Site } from './site.ts'

/** Writes a feed with bench/generate.ts, unless the site has it, and gives its folder. `options` are those of its command line. */
export async function feed(site: Site, name: string, options: Record<string, number | string | true>): Promise<string> {
  const out = join(site.dir, 'feeds', name)
  if (existsSync(out)) return out
  const words = Object.entries(options).flatMap(([option, value]) => [`--${option}`, ...(value === true ? [] : [String(value)])])
  const part = `${out}.part`
  const { stderr } = await site.program(process.execPath, [
    '--import',
    'tsx',
    join(projectDir, 'bench/generate.ts'),
    '--out',
    part,
    ...words,
  ])
  renameSync(part, out)
  site.say(`feed ${name}: ${stderr.trim().split(':')[0]}`)
  return out
}
