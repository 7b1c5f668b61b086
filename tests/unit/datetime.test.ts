import { expect, it } from 'vitest'
import { parseTemplate, render } from '../../run/jinja/template.ts'
import { moment } from '../../run/template/datetime.ts'
import { MODULES } from '../../run/template/python-modules.ts'

const scope = new Map<string, unknown>([
  ['modules', MODULES],
  ['started', moment(new Date('2026-03-01T23:30:00.250Z'))],
]) as never
const shown = (expression: string) => render(parseTemplate(`{% set dt = modules.datetime %}{{ ${expression} }}`, 'x'), scope).text

// The output of Python 3.
it.each([
  ['dt.date(2026, 1, 5)', '2026-01-05'],
  ["dt.date(2026, 1, 5).strftime('%d/%m/%Y %j %a')", '05/01/2026 005 Mon'],
  ['dt.datetime(2026, 1, 31, 4, 5)', '2026-01-31 04:05:00'],
  ['(dt.datetime(2026, 1, 31) + dt.timedelta(days=1, hours=2)).isoformat()', '2026-02-01T02:00:00'],
  ['dt.timedelta(days=1) + dt.date(2026, 12, 31)', '2027-01-01'],
  ['dt.date(2026, 3, 1) - dt.timedelta(days=1)', '2026-02-28'],
  ['(dt.date(2026, 3, 1) - dt.date(2026, 1, 1)).days', '59'],
  ['dt.datetime(2026, 3, 1, 12) - dt.datetime(2026, 2, 27)', '2 days, 12:00:00'],
  ['dt.timedelta(hours=25, minutes=1).total_seconds()', '90060.0'],
  ['dt.date(2026, 3, 1) > dt.date(2026, 1, 1)', 'True'],
  ['dt.date(2026, 3, 1) == dt.date(2026, 3, 1)', 'True'],
  ["dt.datetime.strptime('2026-02-03 04:05', '%Y-%m-%d %H:%M')", '2026-02-03 04:05:00'],
  ["dt.datetime.fromisoformat('2026-02-03T04:05:06+02:00')", '2026-02-03 04:05:06+02:00'],
  ["dt.date.fromisoformat('2026-02-03').isoweekday()", '2'],
  ['dt.date(2027, 1, 3).isocalendar()', '(2026, 53, 7)'],
  ['dt.datetime(2026, 5, 6, 7, 8, 9).replace(day=1, hour=0)', '2026-05-01 00:08:09'],
  ['started', '2026-03-01 23:30:00.250000+00:00'],
  ["started.strftime('%Y%m%d %H:%M %z %Z')", '20260301 23:30 +0000 UTC'],
  ['(started - dt.timedelta(days=3)).date()', '2026-02-26'],
  ["started.astimezone(modules.pytz.timezone('Asia/Tokyo'))", '2026-03-02 08:30:00.250000+09:00'],
  ["started.astimezone(modules.pytz.timezone('America/New_York')).strftime('%F %T %z')", '2026-03-01 18:30:00 -0500'],
  ["modules.pytz.timezone('Europe/Berlin').localize(dt.datetime(2026, 7, 1))", '2026-07-01 00:00:00+02:00'],
  ['modules.pytz.utc.localize(dt.datetime(2026, 7, 1)) > started', 'True'],
])('%s is %s', (expression, expected) => {
  expect(shown(expression)).toBe(expected)
})

it('times with and without a zone do not mix, and a zone must be one', () => {
  expect(() => shown('started > dt.datetime(2026, 1, 1)')).toThrow('a time with a zone and one without cannot be compared')
  expect(() => shown("modules.pytz.timezone('Europe/Berlni')")).toThrow("There is no time zone 'Europe/Berlni'")
  expect(() => shown('dt.date(2026, 1, 1) + 1')).toThrow("'+' does not take")
})
