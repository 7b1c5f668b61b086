import { scaleLinear } from 'd3-scale'
import { area, line } from 'd3-shape'
import { compact, day, minus, month } from '../format.ts'
import { cell } from './cell.ts'
import { type Drawing, isTime, type Series, spoken } from './drawing.ts'
import { labelled, type Spans, stacked, visibleLabels } from './placing.ts'

/** A chart as one SVG with a width in pixels; it needs only the page's CSS. */
export function ChartSvg({ drawing, title, width }: { drawing: Drawing; title: string; width: number }) {
  if (drawing.kind === 'bar' && !isTime(drawing.axis)) return <Ranking drawing={drawing} title={title} width={width} />
  return <Course drawing={drawing} title={title} width={width} />
}

const HEIGHT = 220
const TOP = 14
const BOTTOM = 24

// A chart over time: stacked bars, lines or areas, with their names at the right end.
function Course({ drawing, title, width }: { drawing: Drawing; title: string; width: number }) {
  const { kind, labels, series, axis } = drawing
  const isWide = width >= 520
  const spans = kind === 'line' ? undefined : stacked(series, labels.length)
  const y = scaleLinear()
    .domain(domainOf(drawing, spans))
    .range([HEIGHT - BOTTOM, TOP])
    .nice(4)
  const ticks = y.ticks(4).filter(tick => !isWholeOnly(drawing) || Number.isInteger(tick))
  const left = 8 + Math.max(...ticks.map(tick => textWidth(tickText(tick, drawing))))
  const named = isWide && series.length > 1
  const right = width - (named ? Math.min(190, 18 + Math.max(...series.map(({ name }) => textWidth(cut(name))))) : 14)
  const step = (right - left) / Math.max(1, labels.length)
  // Bars are centred in their slots; lines and areas go from edge to edge.
  const isEdged = kind !== 'bar' && labels.length > 1
  const x = (at: number) => (isEdged ? left + ((right - left) * at) / (labels.length - 1) : left + step * (at + 0.5))
  return (
    <>
      {!named && series.length > 1 && <Keys series={series} />}
      <svg class="plot" viewBox={`0 0 ${width} ${HEIGHT}`} width={width} height={HEIGHT} role="img" aria-label={spoken(title, drawing)}>
        {ticks.map(tick => (
          <g key={tick}>
            <path class={tick === 0 ? 'zero' : 'grid'} d={`M${left} ${y(tick)}H${right}`} />
            <text class="tick" x={left - 8} y={y(tick) + 4} text-anchor="end">
              {tickText(tick, drawing)}
            </text>
          </g>
        ))}
        {visibleLabels(labels.length, step, isWide ? 74 : 62)
          // The first label contains the year and is right of its place.
          .filter(at => at === 0 || x(at) - x(0) >= (step < 70 ? 104 : 60))
          .map((at, i, all) => (
            <text
              key={at}
              class="tick"
              x={x(at)}
              y={HEIGHT - 5}
              text-anchor={isEdged && at === 0 ? 'start' : isEdged && at === labels.length - 1 ? 'end' : anchorOf(at, labels.length, step)}
            >
              {timeText(String(labels[at]), axis.format, i === 0 ? undefined : String(labels[all[i - 1]!]))}
            </text>
          ))}
        {spans && kind === 'bar' && <Bars drawing={drawing} spans={spans} x={x} y={y} step={step} />}
        {spans && kind === 'area' && <Areas series={series} spans={spans} x={x} y={y} />}
        {kind === 'area' && series.length === 1 && <Lines drawing={drawing} x={x} y={y} />}
        {kind === 'line' && <Lines drawing={drawing} x={x} y={y} />}
        {named && <Names drawing={drawing} spans={spans} y={y} x={right + 8} />}
        {labels.map((label, at) => (
          <rect key={String(label)} class="hover" x={x(at) - step / 2} y={0} width={step} height={HEIGHT - BOTTOM}>
            <title>{readout(drawing, at)}</title>
          </rect>
        ))}
      </svg>
    </>
  )
}

type Scale = (value: number) => number

function Bars({ drawing, spans, x, y, step }: { drawing: Drawing; spans: Spans; x: Scale; y: Scale; step: number }) {
  const { labels, series, value } = drawing
  const thick = step < 4 ? step : Math.min(38, step * 0.66)
  const isFew = step >= 34
  return (
    <>
      {series.map((one, s) => (
        <g key={one.name} style={{ fill: `var(${one.color})` }}>
          {spans[s]!.map(([from, to], at) => {
            const [top, foot] = [Math.min(y(from), y(to)), Math.max(y(from), y(to))]
            return from === to ? null : (
              <rect
                key={String(at)}
                x={x(at) - thick / 2}
                y={top}
                width={thick}
                height={Math.max(1, foot - top - (series.length > 1 ? 0.75 : 0))}
              />
            )
          })}
        </g>
      ))}
      {isFew &&
        labels.map((label, at) => {
          const [down, up] = [Math.min(0, ...spans.map(one => one[at]![0])), Math.max(0, ...spans.map(one => one[at]![1]))]
          return (
            <g key={String(label)} class="value" text-anchor="middle">
              {up > 0 && (
                <text x={x(at)} y={y(up) - 4}>
                  {short(up, value, step)}
                </text>
              )}
              {down < 0 && (
                <text x={x(at)} y={y(down) + 13}>
                  {short(down, value, step)}
                </text>
              )}
            </g>
          )
        })}
    </>
  )
}

function Areas({ series, spans, x, y }: { series: Series[]; spans: Spans; x: Scale; y: Scale }) {
  const shape = area<[number, number]>()
    .x((_, at) => x(at))
    .y0(([from]) => y(from))
    .y1(([, to]) => y(to))
  return (
    <>
      {series.map((one, s) => (
        <path
          key={one.name}
          class={series.length === 1 ? 'area alone' : 'area'}
          style={{ fill: `var(${one.color})`, stroke: `var(${one.color})` }}
          d={shape(spans[s]!) ?? ''}
        />
      ))}
    </>
  )
}

function Lines({ drawing: { series, labels, value }, x, y }: { drawing: Drawing; x: Scale; y: Scale }) {
  const shape = line<number | null>()
    .defined(one => one !== null)
    .x((_, at) => x(at))
    .y(one => y(one ?? 0))
  const last = labels.length - 1
  return (
    <>
      {series.map(one => (
        <g key={one.name} style={{ stroke: `var(${one.color})`, fill: `var(${one.color})` }}>
          <path class="line" d={shape(one.values) ?? ''} />
          {one.values.map((at, i) =>
            at !== null && (labels.length <= 31 || i === last) ? <circle key={String(i)} cx={x(i)} cy={y(at)} r="2.6" /> : null,
          )}
        </g>
      ))}
      {series.length === 1 &&
        series[0]!.values.map((one, at) =>
          one !== null && (labels.length <= 12 || at === last) ? (
            <text key={String(at)} class="value" x={x(at)} y={y(one) - 8} text-anchor={at === last ? 'end' : at === 0 ? 'start' : 'middle'}>
              {cell(one, value)}
            </text>
          ) : null,
        )}
    </>
  )
}

// The name of each series at its end, moved apart where two would overlap.
function Names({ drawing: { series, kind }, spans, y, x }: { drawing: Drawing; spans: Spans | undefined; y: Scale; x: number }) {
  const ends = series.map((one, s) => {
    const at = one.values.findLastIndex(value => value !== null)
    if (kind === 'line' || !spans) return y(one.values[at] ?? 0)
    const [from, to] = spans[s]?.at(-1) ?? [0, 0]
    return (y(from) + y(to)) / 2
  })
  return (
    <>
      {labelled(ends, 15, [TOP, HEIGHT - BOTTOM]).map((place, s) => (
        <g key={series[s]!.name}>
          <circle cx={x + 3} cy={place} r="3.5" style={{ fill: `var(${series[s]!.color})` }} />
          <text class="name" x={x + 12} y={place + 4}>
            {cut(series[s]!.name)}
          </text>
        </g>
      ))}
    </>
  )
}

// A chart by name: a line for each label, with its bar and value.
function Ranking({ drawing, title, width }: { drawing: Drawing; title: string; width: number }) {
  const { labels, series, value } = drawing
  const spans = stacked(series, labels.length)
  const isWide = width >= 520
  const names = labels.map(label => cut(cell(label, drawing.axis), isWide ? 34 : 18))
  const left = Math.max(0, ...names.map(textWidth)) + 12
  const row = 24
  const totals = labels.map((_, at) => series.reduce((all, one) => all + (one.values[at] ?? 0), 0))
  const texts = totals.map(total => cell(total, value))
  const right = width - Math.max(0, ...texts.map(textWidth)) - 12
  const lows = labels.map((_, at) => Math.min(0, ...spans.map(one => one[at]![0])))
  const highs = labels.map((_, at) => Math.max(0, ...spans.map(one => one[at]![1])))
  const x = scaleLinear()
    .domain([Math.min(0, ...lows), Math.max(...highs, 1e-9)])
    .range([left, right])
  return (
    <>
      {series.length > 1 && <Keys series={series} />}
      <svg
        class="plot"
        viewBox={`0 0 ${width} ${labels.length * row + 4}`}
        width={width}
        height={labels.length * row + 4}
        role="img"
        aria-label={spokenRanking(title, names, texts)}
      >
        {labels.map((label, at) => (
          <g key={String(label)}>
            <title>{readout(drawing, at)}</title>
            <text class="name" x={left - 10} y={at * row + 16} text-anchor="end">
              {names[at]}
            </text>
            {series.map((one, s) => {
              const [from, to] = spans[s]![at]!
              return (
                <rect
                  key={one.name}
                  x={x(from)}
                  y={at * row + 5}
                  width={Math.max(from === to ? 0 : 1, x(to) - x(from))}
                  height={14}
                  style={{ fill: `var(${one.color})` }}
                />
              )
            })}
            <text class="value" x={x(highs[at]!) + 6} y={at * row + 16}>
              {texts[at]}
            </text>
          </g>
        ))}
        <path class="zero" d={`M${x(0)} 0V${labels.length * row + 2}`} />
      </svg>
    </>
  )
}

function spokenRanking(title: string, names: string[], texts: string[]): string {
  return `${title}: ${names
    .slice(0, 5)
    .map((name, at) => `${name} ${texts[at]}`)
    .join(', ')}${names.length > 5 ? ' and more' : ''}`
}

function Keys({ series }: { series: Series[] }) {
  return (
    <ul class="keys-of-chart" aria-hidden="true">
      {series.map(one => (
        <li key={one.name}>
          <span class="dot" style={{ background: `var(${one.color})` }} />
          {one.name}
        </li>
      ))}
    </ul>
  )
}

// Bars and areas begin at zero; a line of many days need not.
function domainOf({ kind, series, labels }: Drawing, spans: Spans | undefined): [number, number] {
  const values = (kind === 'line' ? series.flatMap(one => one.values) : (spans ?? []).flat(2)).filter(one => one !== null)
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)]
  if (kind === 'line' && labels.length > 14 && low === 0 && Math.min(...values) > 0.75 * high) return [Math.min(...values), high]
  return low === high ? [0, 1] : [low, high]
}

function isWholeOnly({ value, series }: Drawing): boolean {
  return value.format === 'integer' && series.every(one => one.values.every(at => at === null || Number.isInteger(at)))
}

function tickText(tick: number, { value }: Drawing): string {
  return value.format === 'percent' ? cell(tick, value) : compact(tick)
}

function short(value: number, { format }: Drawing['value'], room: number): string {
  const text = cell(value, { format })
  return textWidth(text) < room + 4 ? text : minus(compact(value))
}

function readout({ labels, series, axis, value }: Drawing, at: number): string {
  const lines = series.map(
    one => `${series.length > 1 ? `${one.name}: ` : ''}${cell(one.values[at], value)}${value.unit ? ` ${value.unit}` : ''}`,
  )
  return [cell(labels[at], axis), ...lines].join('\n')
}

// Shows the year only where it differs from the previous label's.
function timeText(label: string, format: string, before: string | undefined): string {
  const text = format === 'month' ? month(label) : day(label)
  if (format === 'instant') return `${text.slice(0, -5)}, ${label.slice(11, 16)}`
  return before?.slice(0, 4) === label.slice(0, 4) && /^\d{4}-\d\d/.test(label) ? text.slice(0, -5) : text
}

function anchorOf(at: number, many: number, step: number): 'start' | 'middle' | 'end' {
  if (step >= 70) return 'middle'
  return at === 0 ? 'start' : at === many - 1 ? 'end' : 'middle'
}

const LONGEST = 24
function cut(text: string, most = LONGEST): string {
  return text.length > most ? `${text.slice(0, most - 1).trimEnd()}…` : text
}

// Approximate, for the page's 12 px font.
function textWidth(text: string): number {
  return text.length * 6.9
}
