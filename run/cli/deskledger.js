#!/usr/bin/env node
// The file that npm links as `deskledger`: runs run.ts with this project's tsx, from any folder.
import { register } from 'tsx/esm/api'

register()
await import('../../run.ts')
