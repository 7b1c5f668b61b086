import { ExtractError } from './failure.ts'
import type { Environment } from './settings.ts'

/** The settings that decide whether the runtime uses a proxy. */
export interface Runtime {
  version: string
  /** Options of node, from the command line. */
  options: readonly string[]
  knowsProxyOption: boolean
}

/** The runtime of this process. */
export function thisRuntime(): Runtime {
  const { version, execArgv, allowedNodeEnvironmentFlags } = process
  return { version, options: execArgv, knowsProxyOption: allowedNodeEnvironmentFlags.has('--use-env-proxy') }
}

/**
 * Throws an ExtractError with code 2 when certificate checks are off, or when a proxy is configured that this runtime would not use.
 */
export function checkSurroundings(env: Environment, hosts: readonly string[], runtime: Runtime = thisRuntime()): void {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0')
    throw new ExtractError(2, 'NODE_TLS_REJECT_UNAUTHORIZED=0 turns certificate checks off, so the keys would not be safe', {
      hint: 'Unset it. For your own certificate authority set NODE_EXTRA_CA_CERTS to its file.',
    })

  const proxy = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY'].find(name => env[name])
  const through = hosts.filter(host => !isExcepted(host, env.no_proxy ?? env.NO_PROXY ?? ''))
  if (proxy === undefined || through.length === 0) return
  if (!isSwitchedOn(env, runtime))
    throw new ExtractError(2, `${proxy} is set, but Node ${runtime.version} would connect to ${through.join(' and ')} directly`, {
      hint: remedy(runtime),
    })
  if (/^all_proxy$/i.test(proxy))
    throw new ExtractError(2, `${proxy} is set, but Node does not read it and would connect to ${through.join(' and ')} directly`, {
      hint: 'Set HTTPS_PROXY instead.',
    })
}

function isSwitchedOn(env: Environment, { version, options, knowsProxyOption }: Runtime): boolean {
  const given = [...options, ...(env.NODE_OPTIONS ?? '').split(/\s+/)]
  const known = knowsProxyOption || Number(/^v?(\d+)/.exec(version)?.[1]) >= 24
  return known && (env.NODE_USE_ENV_PROXY === '1' || given.includes('--use-env-proxy')) && !given.includes('--no-use-env-proxy')
}

function remedy({ version, knowsProxyOption }: Runtime): string {
  const can = knowsProxyOption || Number(/^v?(\d+)/.exec(version)?.[1]) >= 24
  const around = 'to connect directly, add the host to NO_PROXY.'
  return can ? `Set NODE_USE_ENV_PROXY=1; ${around}` : `Use Node 24 with NODE_USE_ENV_PROXY=1; ${around}`
}

// Entries of NO_PROXY: a host, a domain with or without a leading dot or `*.`, or `*` for all.
function isExcepted(host: string, exceptions: string): boolean {
  return exceptions
    .split(/[\s,]+/)
    .map(entry => entry.toLowerCase().replace(/:443$/, ''))
    .some(entry => entry === '*' || (entry !== '' && (host === entry || host.endsWith(`.${entry.replace(/^\*?\./, '')}`))))
}
