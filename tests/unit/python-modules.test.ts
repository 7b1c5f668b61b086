import { expect, it } from 'vitest'
import { parseTemplate, render } from '../../run/jinja/template.ts'
import { MODULES } from '../../run/template/python-modules.ts'

const scope = new Map<string, unknown>([['modules', MODULES]]) as never
const shown = (expression: string) =>
  render(parseTemplate(`{% set dt = modules.datetime %}{% set re = modules.re %}{{ ${expression} }}`, 'x'), scope).text
const strptime = (text: string, format: string) => `dt.datetime.strptime('${text}', '${format}')`

// The output of Python 3.11.
it.each([
  [strptime('2024-02-03 04:05:06.789012', '%Y-%m-%d %H:%M:%S.%f'), '2024-02-03 04:05:06.789012'],
  [strptime('2024-02-03 04:05:06.7', '%Y-%m-%d %H:%M:%S.%f'), '2024-02-03 04:05:06.700000'],
  [strptime('03 Feb 24 04 PM', '%d %b %y %I %p'), '2024-02-03 16:00:00'],
  [strptime('12 AM', '%I %p'), '1900-01-01 00:00:00'],
  [strptime('Saturday, February 03, 2024', '%A, %B %d, %Y'), '2024-02-03 00:00:00'],
  [strptime('2024-034', '%Y-%j'), '2024-02-03 00:00:00'],
  [strptime('2024-02-03T04:05:06+0200', '%Y-%m-%dT%H:%M:%S%z'), '2024-02-03 04:05:06+02:00'],
  [strptime('2024-02-03T04:05:06Z', '%Y-%m-%dT%H:%M:%S%z'), '2024-02-03 04:05:06+00:00'],
  [strptime('69', '%y'), '1969-01-01 00:00:00'],
  [strptime('68', '%y'), '2068-01-01 00:00:00'],
  [strptime('20240203', '%Y%m%d'), '2024-02-03 00:00:00'],
  [strptime('2024-2-3', '%Y-%m-%d'), '2024-02-03 00:00:00'],
  [strptime('100%', '100%%'), '1900-01-01 00:00:00'],
  [strptime('02/03/24', '%x'), '2024-02-03 00:00:00'],
  [strptime('sat feb  3 04:05:06 2024', '%c'), '2024-02-03 04:05:06'],
  [strptime('MAY', '%b'), '1900-05-01 00:00:00'],
  ["dt.datetime(2024,2,3).strftime('%U %W %V %G %u %w %e %C %h %D %R %r %k %l %c %x %X %p %I %y %P')", formatted()],
  ["dt.datetime(2024,2,3,14,5).strftime('%e|%-m|%-d|%-H|%-I|%_d|%^b')", ' 3|2|3|14|2| 3|FEB'],
  ["dt.datetime(2024,2,3,4,5,6,789).strftime('%f')", '000789'],
  ["dt.date(2024,2,3).strftime('%H:%M')", '00:00'],
  ['dt.datetime(2024,2,3,4,5,6,789012)', '2024-02-03 04:05:06.789012'],
  ['[dt.datetime(2024,2,3), dt.date(2024,2,3)]', '[datetime.datetime(2024, 2, 3, 0, 0), datetime.date(2024, 2, 3)]'],
  ['dt.datetime.combine(dt.date(2024,2,3), dt.time(4,5,6))', '2024-02-03 04:05:06'],
  ['dt.datetime.combine(dt.date(2024,2,3), dt.datetime.min.time())', '2024-02-03 00:00:00'],
  ['dt.datetime.combine(dt.datetime(2024,2,3,9), dt.time.max)', '2024-02-03 23:59:59.999999'],
  ['dt.time(4,5,6,7).isoformat()', '04:05:06.000007'],
  ['dt.timedelta(days=1.5, microseconds=2.5)', '1 day, 12:00:00.000002'],
  ['dt.timedelta(hours=-1)', '-1 day, 23:00:00'],
  ['dt.datetime(2024,2,3) - dt.datetime(2024,2,3,0,0,0,1)', '-1 day, 23:59:59.999999'],
  ["dt.datetime.fromisoformat('2024-02-03T04:05:06.123')", '2024-02-03 04:05:06.123000'],
  ["dt.datetime.fromisoformat('20240203T040506')", '2024-02-03 04:05:06'],
  ['dt.datetime.fromtimestamp(1.5, dt.timezone.utc)', '1970-01-01 00:00:01.500000+00:00'],
  ['dt.datetime(2024,2,3,tzinfo=dt.timezone(dt.timedelta(hours=2)))', '2024-02-03 00:00:00+02:00'],
  ['dt.datetime.max', '9999-12-31 23:59:59.999999'],
  ['dt.datetime(2024,2,3).toordinal()', '738919'],
  ["re.split(',', 'a,b,c,d', 2)", "['a', 'b', 'c,d']"],
  ["re.split('(,)', 'a,b,c', maxsplit=1)", "['a', ',', 'b,c']"],
  ["re.split('x*', 'axbc')", "['', 'a', '', 'b', 'c', '']"],
  ["re.split('', 'ab')", "['', 'a', 'b', '']"],
  ["re.sub('(?i)A', 'x', 'aAb')", 'xxb'],
  ["re.sub('a', 'x', 'aAb', flags=re.I)", 'xxb'],
  ["re.sub('a', 'x', 'aaa', 2)", 'xxa'],
  ["re.sub('(?P<n>a)', '\\\\g<n>\\\\1\\\\g<0>', 'ab')", 'aaab'],
  ["re.sub('a$', 'x', 'a\\n') == 'x\\n'", 'True'],
  ["re.findall('(?s)a.b', 'a\\nb')", "['a\\nb']"],
  ["re.findall('(?im)^a', 'a\\nA')", "['a', 'A']"],
  ["re.sub('(?x) a  b # c', 'z', 'ab')", 'z'],
  ["re.search('\\\\Aab\\\\Z', 'ab').span()", '(0, 2)'],
  ["re.findall('a*', 'baac')", "['', 'aa', '', '']"],
  ["re.sub('a*', '-', 'baac')", '-b--c-'],
  ["re.escape('a-b c.d_e%')", 'a\\-b\\ c\\.d_e%'],
  ["re.sub('a', '$&', 'a')", '$&'],
  ["re.findall('\\\\d', '٣3')", "['٣', '3']"],
  ["re.findall('\\\\w+', 'é_1 x')", "['é_1', 'x']"],
  ["re.sub('[^\\\\w-]', '_', 'aé-b c&d')", 'aé-b_c_d'],
  ["re.sub('[-a-c.&&]', '_', 'abd-.&')", '__d___'],
  ["re.findall('\\\\bé\\\\b', 'é éa')", "['é']"],
  ["re.fullmatch('a|ab', 'ab').group()", 'ab'],
  ["re.sub('a{,2}b', 'x', 'aab{c}')", 'x{c}'],
])('%s is %s', (expression, expected) => expect(shown(expression)).toBe(expected))

it.each([
  [strptime('2024-02-30', '%Y-%m-%d'), 'day is out of range for month'],
  [strptime('2024-02-03 x', '%Y-%m-%d'), 'unconverted data remains:  x'],
  [strptime('2024', '%Q'), "strptime() does not support '%Q'"],
  [strptime('2024 05 1', '%Y %W %w'), "strptime() does not support '%W'"],
  ["dt.datetime(2024,2,3).strftime('%E')", "strftime() does not support '%E'"],
  ["dt.datetime(2024,2,3).strftime('%s')", "strftime() does not support '%s'"],
  ["modules.pytz.timezone('Europe/Berlin').localize(dt.datetime(2024,2,3)).strftime('%Z')", "does not know '%Z' of this time zone"],
  ['dt.datetime(2024,13,1)', 'month must be in 1..12'],
  ["dt.date.fromisoformat('2024-02-03T00:00')", 'Invalid isoformat string'],
  ["dt.datetime.combine(dt.date(2024,2,3), 'x')", 'combine() takes a time'],
  ["re.sub('a', '\\\\q', 'a')", 'bad escape \\q'],
  ["re.sub('a', '\\\\2', 'a')", 'names the group 2'],
])('%s is refused', (expression, message) => expect(() => shown(expression)).toThrow(message))

function formatted(): string {
  return '04 05 05 2024 6 6  3 20 Feb 02/03/24 00:00 12:00:00 AM  0 12 Sat Feb  3 00:00:00 2024 02/03/24 00:00:00 AM 12 24 am'
}
