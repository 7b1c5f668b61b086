import * as echarts from 'echarts'
import { decimal } from './figures.ts'
import type { Growth } from './growth-text.ts'

/**
 * Growth as SVG: seconds on the left, memory and database size on the right, over the number of transactions; all axes are logarithmic, so
 * that proportional growth is a straight line with slope 1.
 */
export function growthChart(sizes: Growth[]): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 400 })
  chart.setOption({
    animation: false,
    backgroundColor: 'transparent',
    grid: [
      { left: 70, width: 370, top: 70, bottom: 50 },
      { left: 550, width: 370, top: 70, bottom: 50 },
    ],
    title: [
      { text: 'Seconds', left: 62, top: 6, textStyle },
      { text: 'Megabytes', left: 542, top: 6, textStyle },
    ],
    legend: [
      { data: ['load', 'build', 'in proportion'], left: 62, top: 32, itemGap: 18, textStyle: { fontSize: 12 } },
      { data: ['database', 'feed', 'Node, peak RSS'], left: 542, top: 32, itemGap: 18, textStyle: { fontSize: 12 } },
    ],
    xAxis: [0, 1].map(gridIndex => ({ ...axis, gridIndex, name: 'transactions', nameLocation: 'middle', nameGap: 30 })),
    yAxis: [0, 1].map(gridIndex => ({ ...axis, gridIndex })),
    series: [
      line('load', 0, '#3b8bd0', sizes, size => size.loadSeconds),
      line('build', 0, '#d9822b', sizes, size => size.buildSeconds),
      { ...line('in proportion', 0, '#8a8a8a', proportional(sizes), size => size.buildSeconds), ...dashed },
      line('database', 1, '#2f9e6e', sizes, size => size.databaseMegabytes),
      line('feed', 1, '#8a8a8a', sizes, size => size.megabytes),
      line('Node, peak RSS', 1, '#b0569d', sizes, size => size.peakMegabytes),
    ],
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg.replace(/(<svg[^>]*>)/, `$1\n<title>Growth over the number of transactions</title>\n<style>${themes}</style>`)
}

// The page with the picture may be light or dark.
const themes = 'text{fill:#3d3d3d!important;stroke:none!important}@media(prefers-color-scheme:dark){text{fill:#d6d6d6!important}}'

const textStyle = { fontSize: 14, fontWeight: 'bold' }
const grid = { lineStyle: { color: '#8a8a8a', opacity: 0.35 } }
const axis = {
  type: 'log',
  axisLabel: { formatter: (value: number) => short(value) },
  axisLine: { lineStyle: { color: '#8a8a8a' } },
  splitLine: grid,
  min: (range: { min: number }) => 10 ** Math.floor(Math.log10(range.min)),
  max: (range: { max: number }) => 10 ** Math.ceil(Math.log10(range.max)),
}
const dashed = { symbol: 'none', lineStyle: { type: 'dashed', width: 1 }, label: { show: false } }

/** Times of builds that grow in strict proportion from the largest size down. */
function proportional(sizes: Growth[]): Growth[] {
  const last = sizes.at(-1)
  return sizes.map(size => ({ ...size, buildSeconds: last ? (last.buildSeconds * size.transactions) / last.transactions : 0 }))
}

function line(name: string, at: number, color: string, sizes: Growth[], value: (size: Growth) => number | null) {
  return {
    name,
    type: 'line',
    xAxisIndex: at,
    yAxisIndex: at,
    color,
    symbol: 'circle',
    symbolSize: 7,
    lineStyle: { width: 2, color },
    label: {
      show: true,
      position: name === 'load' || name === 'feed' ? 'bottom' : 'top',
      fontSize: 10,
      formatter: ({ data }: { data: [number, number] }) => label(data[1]),
    },
    data: sizes.flatMap(size => {
      const y = value(size)
      return y === null || y <= 0 ? [] : [[size.transactions, y]]
    }),
  }
}

const label = (value: number) => (value >= 10_000 ? short(value) : decimal(value, value < 10 ? 1 : 0))

function short(value: number): string {
  if (value >= 1e6) return `${decimal(value / 1e6, value < 1e7 && value % 1e6 ? 1 : 0)} M`
  if (value >= 1e3) return `${decimal(value / 1e3, 0)} k`
  return String(value)
}
