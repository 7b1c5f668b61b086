import fc from 'fast-check'

/** JSON texts, and some other texts, that have broken databases before. */
export const hostileValue: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom(
      ...[
        'null',
        'true',
        'false',
        '""',
        '" "',
        '"true"',
        '"yes"',
        '"NaN"',
        '"Infinity"',
        '"1e2"',
        '"0x1"',
        '"now"',
        '"epoch"',
        '"infinity"',
      ],
      ...[
        'NaN',
        '-Infinity',
        '1e130000',
        '-1e130000',
        '1e131072',
        '1e999999999',
        '1e-16383',
        '1e-16384',
        '1e-999999999',
        '0.1e400',
        '1e400',
      ],
      ...['-0', '1E+2', '1.0', '1.5', '0', '-1', '1e24', '999999999999999999999999', '1e-400', '0.000000000000000000000000001', '5e-324'],
      ...[
        '9223372036854775807',
        '9223372036854775808',
        '-9223372036854775808',
        '2147483648',
        '-2147483649',
        '123456789012345678901234567890',
      ],
      ...[
        '"\\u0000"',
        '"a\\u0000b"',
        '"\\ud83d"',
        '"\\udc00x"',
        '"\\ud83d\\ud83d\\ude00"',
        '"\\\\"',
        '"\\"',
        '"a\u0001b"',
        '"\u2028"',
        '"\ufffd"',
      ],
      ...['"\'; drop table core.agents; --"', '"$1"', '"{{ x }}"', '"%s%n"', '"<script>"', '"\\u001b[31m"', '"\\\\N"', '"\\\\."', '"NULL"'],
      ...['{}', '[]', '[null]', '[[]]', '{"":{}}', '{"id":1,"id":2}', '{"__proto__":{"id":1}}', '[1,"1",1.0,"x",null,{},[]]', '[1,1,1]'],
      ...[
        '"9999-12-31T23:59:59.9999999Z"',
        '"9999-12-31T23:59-15:59"',
        '"0001-01-01T00:00+15:59"',
        '"2026-12-31T23:59:60Z"',
        '"2026-01-01T24:00Z"',
      ],
      ...[
        '"2024-02-29T00:00:00Z"',
        '"2023-02-29T00:00:00Z"',
        '"0000-01-01T00:00:00Z"',
        '"294276-12-31T00:00:00Z"',
        '"-infinity"',
        '"2026-01-01T00:00:00+16"',
      ],
      ...[
        '"9999-12-31"',
        '"0001-01-01"',
        '"2026-02-31"',
        '"١٢٣"',
        '"１"',
        '"2026-01-01T00:00:00\u0130"',
        '"ABC"',
        '"JPY"',
        '"XAU"',
        '"usd"',
      ],
      `"2026-01-01T00:00:00.${'1'.repeat(300)}Z"`,
      `"1${'0'.repeat(5000)}"`,
      `1${'0'.repeat(5000)}`,
      `0.${'1'.repeat(5000)}`,
      `0.${'1'.repeat(17_000)}`,
      `1${'0'.repeat(140_000)}`,
      `"${'<'.repeat(100_000)}"`,
      `"${'&nbsp;'.repeat(20_000)}"`,
      `"${' '.repeat(100_000)}x"`,
      deep(100),
      deep(1999),
      deep(2001),
      deep(100_000),
      deepObject(1990),
      deepObject(7000),
    ),
  },
  // Not compressible: an index cannot contain it.
  { weight: 3, arbitrary: fc.integer().map(seed => `"${noise(seed, 3000 + (Math.abs(seed) % 7000))}"`) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }).map(size => `"${'é'.repeat(size * 500_000)}"`) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }).map(text => JSON.stringify(text)) },
  { weight: 4, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 2, arbitrary: fc.double().map(String) },
  { weight: 2, arbitrary: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String) },
)

function deep(levels: number): string {
  return `${'['.repeat(levels)}${']'.repeat(levels)}`
}

function deepObject(levels: number): string {
  return `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`
}

function noise(seed: number, length: number): string {
  let state = seed >>> 0 || 1
  let text = ''
  while (text.length < length) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    text += String.fromCharCode(33 + ((state >>> 16) % 90)).replace(/["\\]/, 'q')
  }
  return text
}
