import type { Option } from 'commander'

/** Moves options from before the command to the end, as dbt accepts them there: `--no-partial-parse snapshot`. */
export function leadingLast(args: string[], known: readonly Option[]): string[] {
  let at = 0
  while (args[at]?.startsWith('-') && args[at] !== '--') {
    const [flag = ''] = (args[at] as string).split('=')
    const option = known.find(({ long, short }) => long === flag || short === flag)
    // The program itself handles unknown options, --help and --version.
    if (!option) return args
    at += option.required && !args[at]?.includes('=') ? 2 : 1
  }
  return [...args.slice(at), ...args.slice(0, at)]
}
