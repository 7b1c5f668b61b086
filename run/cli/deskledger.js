#!/usr/bin/env node
// What npm links as `deskledger`: run.ts, by the tsx of this project, from wherever it is typed.
import { register } from 'tsx/esm/api'

register()
await import('../../run.ts')
