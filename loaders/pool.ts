/** Memory that is used again, so that reading a file of any size makes no garbage. It is not cleared between uses. */
export interface Pool {
  /** Of each piece of memory, in bytes. */
  size: number
  /** Memory of at least so many bytes, as a rule `size` of them. */
  take(bytes?: number): Buffer
  /** Gives back memory that is no longer used, wherever it came from. */
  give(memory: Uint8Array): void
}

/** An empty pool of memory of that size, in bytes. */
export function createPool(size: number): Pool {
  const free: Buffer[] = []
  return {
    size,
    take: (bytes = size) => (bytes <= size ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(Math.max(bytes, size)),
    give({ buffer, byteLength }) {
      // Memory that was shared with others, or grew for one large record, is not worth keeping.
      if (buffer.byteLength === size && byteLength > 0 && free.length < KEPT) free.push(Buffer.from(buffer as ArrayBuffer))
    },
  }
}

const KEPT = 16

/** Makes a Buffer of a Uint8Array, as which a Buffer arrives from another thread. */
export function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}
