/** Reads single keys of a terminal, including Ctrl-C; gives a function that restores the terminal. Does nothing without a terminal. */
export function readKeys(stdin: NodeJS.ReadStream, onKey: (key: string) => void): () => void {
  if (!stdin.isTTY) return () => {}
  const listen = (data: Buffer) => {
    for (const key of data.toString()) onKey(key)
  }
  stdin.setRawMode(true)
  stdin.on('data', listen)
  stdin.resume()
  return () => {
    stdin.off('data', listen)
    stdin.setRawMode(false)
    stdin.pause()
  }
}
