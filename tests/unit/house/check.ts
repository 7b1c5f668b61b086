import { join } from 'node:path'
import { styleFaults } from './style.ts'
import { textFaults } from './texts.ts'

// `npm run check`: what neither the compiler nor the formatter sees. One line per fault, with its place.
const root = join(import.meta.dirname, '../../..')
const faults = [...styleFaults(root, ['tsconfig.json', 'run/docs/page/tsconfig.json', 'tests/browser/tsconfig.json']), ...textFaults(root)]
for (const fault of faults) console.log(fault)
console.log(faults.length === 0 ? 'Style of the house: no faults' : `Style of the house: ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1
