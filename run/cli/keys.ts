/** Reads single keys of a terminal, Ctrl-C among them; gives a function that leaves the terminal as it was. Nothing where there is none. */
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
