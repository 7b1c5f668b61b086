/** A shell block of a Markdown page. */
export interface Block {
  /** The heading above it. */
  heading: string
  text: string
  /** 1-based, of the block's first line. */
  line: number
}

/** The `sh` blocks of a page, in their order. */
export function blocksOf(page: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  let open: string | undefined
  for (const [at, line] of page.split('\n').entries()) {
    if (open === undefined && line.startsWith('#')) heading = line.replace(/^#+ /, '')
    const fence = /^```(\w*)/.exec(line)
    if (fence) {
      open = open === undefined ? fence[1] : undefined
      if (open === 'sh') blocks.push({ heading, text: '', line: at + 2 })
    } else if (open === 'sh') blocks.at(-1)!.text += `${line}\n`
  }
  return blocks
}

/** The runner's commands in a text: the words after `npx tsx run.ts`, `deskledger` or `run/cli/deskledger.js`, split as by a shell. */
export function commandsIn(text: string): string[][] {
  const lines = text.split('\n').filter(line => !/^\s*#/.test(line))
  const found = lines.flatMap(line => [...line.matchAll(/(?:npx tsx run\.ts|\bdeskledger(?:\.js)?) ((?:[^;&|()>`#]|"[^"]*"|'[^']*')+)/g)])
  return found
    .map(([, words = '']) => [...words.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, one, two, three]) => one ?? two ?? three ?? ''))
    .filter(([first = '']) => /^[a-z]/.test(first))
}
