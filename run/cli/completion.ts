import type { Command, Option } from 'commander'

/** A command as completion needs it. */
export interface Completed {
  /** As typed: `build`, `source freshness`. */
  name: string
  description: string
  options: { flags: string[]; description: string; values: Values; isMany: boolean }[]
  /** Whether its arguments are names of nodes. */
  takesNodes: boolean
  /** The words that its argument can be. */
  words: string[]
}

/** What may follow an option: nothing, a word of a list, a node, or a file (or anything else). */
export type Values = 'none' | 'nodes' | 'files' | string[]

/** Commands and options from commander's own tables, without hidden ones. */
export function completedOf(program: Command): Completed[] {
  const visible = program.commands.filter(command => !(command as Command & { _hidden?: boolean })._hidden)
  return visible.flatMap(command => {
    const own = described(command, command.name())
    return [own, ...command.commands.map(sub => described(sub, `${command.name()} ${sub.name()}`))]
  })
}

/** The completion scripts by shell. */
export const shells: Record<string, (commands: Completed[], start: string) => string> = {
  bash: (commands, start) => `${posix(commands, start)}\n${bash}`,
  zsh: (commands, start) => `${posix(commands, start)}\n${zsh}`,
  fish,
}

function described(command: Command, name: string): Completed {
  return {
    name,
    description: command.description(),
    options: [
      ...command.options.filter(option => !option.hidden).map(optionOf),
      { flags: ['-h', '--help'], description: 'display help for command', values: 'none', isMany: false },
    ],
    takesNodes: command.registeredArguments.some(argument => argument.name() === 'relations'),
    words: command.registeredArguments.flatMap(argument => argument.argChoices ?? []),
  }
}

function optionOf(option: Option): Completed['options'][number] {
  const takes = option.required || option.optional
  const isSelection = option.long === '--select' || option.long === '--exclude'
  return {
    flags: [option.short, option.long].filter(flag => flag !== undefined),
    description: option.description,
    values: !takes ? 'none' : (option.argChoices ?? (isSelection ? 'nodes' : 'files')),
    isMany: option.variadic,
  }
}

// Functions for both bash and zsh. Names of nodes come from the last manifest.json, as calling the runner would take a second; nothing from
// there is evaluated.
function posix(commands: Completed[], start: string): string {
  const top = commands.filter(({ name }) => !name.includes(' '))
  const groups = [...new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]!))]
  const cases = (lines: [pattern: string, action: string][]) => lines.map(([pattern, action]) => `    ${pattern}) ${action} ;;`).join('\n')
  const print = (words: string[]) => (words.length === 0 ? ':' : `printf '%s\\n' ${words.map(quoted).join(' ')}`)
  const each = commands.flatMap(command => command.options.map(option => ({ command, option })))
  const patterns = ({ command, option }: (typeof each)[number]) => option.flags.map(flag => quoted(`${command.name} ${flag}`)).join('|')
  const taking = each.filter(({ option }) => option.values !== 'none')
  return `# Completion of: npx tsx run.ts, and of a function deskledger that runs it from anywhere.
command -v deskledger >/dev/null 2>&1 || deskledger() { ${start} "$@"; }

_deskledger_nodes() {
  local manifest="\${DBT_TARGET_PATH:-target}/manifest.json"
  if [ -f "$manifest" ]; then
    node -e ${quoted(namesOf)} "$manifest" 2>/dev/null
  else
    find models seeds snapshots -type f \\( -name '*.sql' -o -name '*.csv' \\) 2>/dev/null | sed 's#.*/##; s#\\.[a-z]*$##'
  fi
  ${print(methods)}
}

_deskledger_commands() {
  case "$1" in
    '') ${print(top.map(({ name }) => name))} ;;
${cases(groups.map(group => [quoted(group), print(commands.filter(({ name }) => name.startsWith(`${group} `)).map(({ name }) => name.split(' ')[1]!))]))}
  esac
}

_deskledger_options() {
  case "$1" in
${cases(commands.map(({ name, options }) => [quoted(name), print(options.map(({ flags }) => flags.at(-1)!))]))}
  esac
}

_deskledger_arguments() {
  case "$1" in
${cases([
  ...commands.filter(({ takesNodes }) => takesNodes).map(({ name }): [string, string] => [quoted(name), '_deskledger_nodes']),
  ...commands.filter(({ words }) => words.length > 0).map(({ name, words }): [string, string] => [quoted(name), print(words)]),
  ['*', ':'],
])}
  esac
}

_deskledger_takes() {
  case "$1 $2" in
${cases([
  [
    taking
      .filter(({ option }) => option.isMany)
      .map(patterns)
      .join('|'),
    'echo many',
  ],
  [
    taking
      .filter(({ option }) => !option.isMany)
      .map(patterns)
      .join('|'),
    'echo one',
  ],
])}
  esac
}

_deskledger_values() {
  case "$1 $2" in
${cases([
  [
    taking
      .filter(({ option }) => option.values === 'nodes')
      .map(patterns)
      .join('|'),
    '_deskledger_nodes',
  ],
  ...taking
    .filter(({ option }) => Array.isArray(option.values))
    .map((one): [string, string] => [patterns(one), print(one.option.values as string[])]),
])}
  esac
}

${candidates(groups)}`
}

const candidates = (groups: string[]) => `# The words between run.ts and the one that is being completed; what may come next, one a line.
_deskledger_candidates() {
  local command='' option='' used=0 word
  for word in "$@"; do
    case "$word" in
      -*) option="$word"; used=0; continue ;;
    esac
    if [ -n "$option" ]; then
      case "$(_deskledger_takes "$command" "$option")" in
        many) continue ;;
        one) if [ "$used" = 0 ]; then used=1; continue; fi ;;
      esac
      option=''
    fi
    if [ -z "$command" ]; then command="$word"
    else case "$command" in ${groups.map(quoted).join('|')}) command="$command $word" ;; esac
    fi
  done
  if [ -n "$option" ]; then
    case "$(_deskledger_takes "$command" "$option")$used" in
      many*) _deskledger_values "$command" "$option" ;;
      one0) _deskledger_values "$command" "$option"; return ;;
    esac
  else
    _deskledger_commands "$command"
    _deskledger_arguments "$command"
  fi
  _deskledger_options "$command"
}

# Of a selection the part that is being completed: after a comma, after + and @ in front of a name.
_deskledger_before() {
  local rest="$1" before=''
  case "$rest" in *,*) before="\${rest%,*},"; rest="\${rest##*,}" ;; esac
  case "$rest" in [0-9]*+*|+*|@*) before="$before\${rest%%[A-Za-z_]*}" ;; esac
  printf '%s' "$before"
}`

const bash = `
_deskledger() {
  local line="\${COMP_LINE:0:COMP_POINT}" words=() cur='' at=-1 i candidate before cut
  read -ra words <<< "$line"
  case "$line" in *[[:space:]]) ;; *) cur="\${words[-1]}"; unset 'words[-1]' ;; esac
  for i in "\${!words[@]}"; do
    case "\${words[i]}" in run.ts|*/run.ts) at=$i; break ;; esac
  done
  [ "\${words[0]}" = deskledger ] && at=0
  COMPREPLY=()
  [ "$at" -ge 0 ] || return 0
  before="$(_deskledger_before "$cur")"
  # readline completes only what follows the last : or =
  cut="\${cur%"\${cur##*[:=]}"}"
  while IFS= read -r candidate; do
    case "$before$candidate" in "$before"-*) [ -z "$before" ] || continue ;; esac
    case "$before$candidate" in "$cur"*) candidate="$before$candidate"; COMPREPLY+=("\${candidate#"$cut"}") ;; esac
  done < <(_deskledger_candidates "\${words[@]:at+1}")
  case "\${COMPREPLY[*]}" in *:) compopt -o nospace 2>/dev/null ;; esac
  return 0
}
complete -o default -F _deskledger deskledger npx tsx run.ts
`

const zsh = `
_deskledger() {
  local at=0 i before found
  for ((i = 1; i < CURRENT; i++)); do
    case "\${words[i]}" in run.ts|*/run.ts) at=$i; break ;; esac
  done
  [[ "\${words[1]}" = deskledger ]] && at=1
  if ((at == 0)); then _default; return; fi
  before="$(_deskledger_before "$PREFIX")"
  found=("\${(@f)$(_deskledger_candidates "\${(@)words[at+1,CURRENT-1]}")}")
  [[ -n "$before" ]] && found=("\${(@)found:#-*}")
  compadd -p "$before" -- "\${(@)found}" || _default
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit -u; }
compdef _deskledger deskledger npx tsx run.ts
`

function fish(commands: Completed[], start: string): string {
  const at = (name: string) => `-n '__deskledger_is "${name}"'`
  const lines = commands.flatMap(command => {
    const [group, sub] = command.name.split(' ')
    const word = sub ?? group!
    return [
      `complete -c $name ${at(sub ? group! : '')} -f -a ${quoted(word)} -d ${quoted(command.description)}`,
      ...(command.takesNodes ? [`complete -c $name ${at(command.name)} -f -a '(__deskledger_nodes)'`] : []),
      ...command.words.map(argument => `complete -c $name ${at(command.name)} -f -a ${quoted(argument)}`),
      ...command.options.map(({ flags, description, values }) => {
        const names = flags.map(flag => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)).join(' ')
        const takes = { none: '', nodes: "-x -a '(__deskledger_nodes)'", files: '-r' }
        const value = Array.isArray(values) ? `-x -a ${quoted(values.join(' '))}` : takes[values]
        return `complete -c $name ${at(command.name)} ${names} ${value} -d ${quoted(description)}`
      }),
    ]
  })
  const groups = [...new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]!))]
  return `# Completion of: npx tsx run.ts, and of a function deskledger that runs it from anywhere.
type -q deskledger; or function deskledger; ${start} $argv; end

function __deskledger_nodes
  set -l manifest target/manifest.json
  set -q DBT_TARGET_PATH; and set manifest $DBT_TARGET_PATH/manifest.json
  test -f $manifest; and node -e ${quoted(namesOf)} $manifest 2>/dev/null
  printf '%s\\n' ${methods.map(quoted).join(' ')}
end

# Whether the command so far is this one; '' before any.

function __deskledger_is
  set -l words (commandline -opc)
  set -l at 0
  test "$words[1]" = deskledger; and set at 1
  for i in (seq (count $words))
    string match -qr '(^|/)run\\.ts$' -- $words[$i]; and set at $i; and break
  end
  test $at -gt 0; or return 1
  set -l found
  for word in $words[(math $at + 1)..-1]
    string match -q -- '-*' $word; and break
    set -a found $word
    contains -- $found[1] ${groups.join(' ')}; and test (count $found) -lt 2; or break
  end
  test "$found" = "$argv[1]"
end

for name in deskledger npx
${lines.map(line => `  ${line}`).join('\n')}
end
`
}

/** Prefixes of --select, besides names. */
const methods = [
  'path:',
  'tag:',
  'source:',
  'config.materialized:',
  'resource_type:',
  'test_type:',
  'state:modified',
  'state:new',
  'result:error',
]

// Prints the selectable names, one a line. Node runs it directly.
const namesOf = `const { nodes, sources, exposures = {} } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
const named = Object.values(nodes).filter(node => node.resource_type !== "test");
const tags = named.flatMap(node => node.tags || []).map(tag => "tag:" + tag);
const tables = Object.values(sources).map(one => "source:" + one.source_name + "." + one.name);
const shown = Object.values(exposures).map(one => (one.config.checksum ? "report:" : "exposure:") + one.name);
console.log([...new Set([...named.map(node => node.name), ...tags, ...tables, ...shown])].filter(name => !/[\\s\\x00-\\x1f]/.test(name)).join("\\n"));`

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
