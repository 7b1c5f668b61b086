import type { Option } from 'commander'

/** The arguments with the options that stand before the command moved behind it, as dbt takes them: `--no-partial-parse snapshot`. */
export function leadingLast(args: string[], known: readonly Option[]): string[] {
  let at = 0
  while (args[at]?.startsWith('-') && args[at] !== '--') {
    const [flag = ''] = (args[at] as string).split('=')
    const option = known.find(({ long, short }) => long === flag || short === flag)
    // Of an option that no command has, and of --help and --version, the program itself tells.
    if (!option) return args
    at += option.required && !args[at]?.includes('=') ? 2 : 1
  }
  return [...args.slice(at), ...args.slice(0, at)]
}
