import { join } from 'node:path'
import { styleFaults } from './style.ts'
import { textFaults } from './texts.ts'
import { wrapFile } from './wrap.ts'

// `npm run check`: the checks beyond those of compiler and formatter, one line per fault, with its place. `-- --fix` wraps wide comments.
const root = join(import.meta.dirname, '../../..')
const find = () => [
  ...styleFaults(root, ['tsconfig.json', 'run/docs/page/tsconfig.json', 'tests/browser/tsconfig.json']),
  ...textFaults(root),
]
const isFixing = process.argv.includes('--fix')
const wide = isFixing ? new Set(find().flatMap(fault => /^(.*):\d+ is a comment/.exec(fault)?.[1] ?? [])) : new Set<string>()
for (const file of wide) if (wrapFile(join(root, file))) console.log(`${file}: comments wrapped`)
const faults = find()
for (const fault of faults) console.log(fault)
console.log(faults.length === 0 ? 'Style of the house: no faults' : `Style of the house: ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
