import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { useEffect, useRef } from 'preact/hooks'
import { compact, count } from './format.ts'
import { colorOf, useThemeVersion } from './theme.ts'

use([BarChart, LineChart, GridComponent, TooltipComponent, SVGRenderer])

/** A line or a stack of bars: one value for each label. */
export interface Series {
  name: string
  /** A CSS variable. */
  color: string
  values: number[]
  kind?: 'bar' | 'line'
}

/** A chart in the colours of the page, with the same as a table for who cannot see it. */
export function Chart(props: {
  name: string
  labels: string[]
  series: Series[]
  height?: number
  format?: (value: number) => string
  axis?: string
}) {
  const { name, labels, series, height = 240, format = count } = props
  const box = useRef<HTMLDivElement>(null)
  const theme = useThemeVersion()
  useEffect(() => {
    const chart = init(box.current!, null, { renderer: 'svg' })
    chart.setOption(optionOf(labels, series, format))
    const observer = new ResizeObserver(() => chart.resize())
    observer.observe(box.current!)
    return () => {
      observer.disconnect()
      chart.dispose()
    }
  }, [labels, series, format, theme])
  return (
    <figure class="chart">
      <figcaption>{name}</figcaption>
      {series.length > 1 && (
        <ul class="keys-of-chart" aria-hidden="true">
          {series.map(one => (
            <li key={one.name}>
              <span class="dot" style={{ background: `var(${one.color})` }} />
              {one.name}
            </li>
          ))}
        </ul>
      )}
      <div ref={box} style={{ height: `${height}px` }} role="img" aria-label={spoken(name, labels, series, format)} />
      <details>
        <summary>As a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${name}, as a table`}>
          <table>
            <thead>
              <tr>
                <th>{props.axis ?? ''}</th>
                {series.map(one => (
                  <th key={one.name} class="number">
                    {one.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {labels.map((label, at) => (
                <tr key={label}>
                  <td>{label}</td>
                  {series.map(one => (
                    <td key={one.name} class="number">
                      {format(one.values[at] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  )
}

function optionOf(labels: string[], series: Series[], format: (value: number) => string): EChartsCoreOption {
  const [ink, muted, rule, paper] = [colorOf('--ink'), colorOf('--muted'), colorOf('--rule'), colorOf('--raised')]
  const font = { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 }
  const top = series.filter(one => one.kind !== 'line').at(-1)
  return {
    animationDuration: 300,
    textStyle: font,
    grid: { left: 4, right: 10, top: 12, bottom: 2, containLabel: true },
    tooltip: {
      trigger: 'axis',
      confine: true,
      backgroundColor: paper,
      borderColor: rule,
      textStyle: { color: ink, ...font },
      axisPointer: { type: 'shadow', shadowStyle: { color: rule, opacity: 0.35 } },
      valueFormatter: (value: unknown) => format(Number(value)),
    },
    xAxis: {
      type: 'category',
      data: labels,
      axisLine: { lineStyle: { color: rule } },
      axisTick: { show: false },
      axisLabel: { color: muted, hideOverlap: true },
    },
    yAxis: {
      type: 'value',
      minInterval: 1,
      splitNumber: 3,
      splitLine: { lineStyle: { color: rule } },
      axisLabel: { color: muted, formatter: (value: number) => compact(value) },
    },
    series: series.map(one => ({
      name: one.name,
      type: one.kind ?? 'bar',
      data: one.values,
      color: colorOf(one.color),
      ...(one.kind === 'line'
        ? { showSymbol: labels.length < 40, symbolSize: 6, lineStyle: { width: 2 }, areaStyle: { opacity: series.length === 1 ? 0.12 : 0 } }
        : { stack: 'all', barMaxWidth: 34, itemStyle: { borderRadius: one === top ? [3, 3, 0, 0] : 0 } }),
    })),
  }
}

function spoken(name: string, labels: string[], series: Series[], format: (value: number) => string): string {
  const ends = series.map(one => `${one.name}: ${format(one.values[0] ?? 0)} to ${format(one.values.at(-1) ?? 0)}`)
  return labels.length === 0 ? `${name}: nothing` : `${name}, ${labels[0]} to ${labels.at(-1)}. ${ends.join('. ')}`
}
