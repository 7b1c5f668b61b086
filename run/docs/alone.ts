import path from 'node:path'
import vm from 'node:vm'
import { build } from 'esbuild'
import type { AlonePage } from './changes-shape.ts'
import { shellOf } from './html.ts'

/** The page as one file without scripts, for a mail, a wiki or a pull request. */
export async function aloneHtml(page: AlonePage): Promise<string> {
  const folder = path.join(import.meta.dirname, 'page')
  const { outputFiles } = await build({
    entryPoints: [path.join(folder, 'static.tsx'), path.join(folder, 'styles/alone.css')],
    outdir: path.join(folder, 'out'),
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Browser builds of packages, so that the bundle is complete.
    mainFields: ['module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  })
  const text = (end: string) => outputFiles.find(file => file.path.endsWith(end))!.text.trim()
  const module = { exports: {} as { render(page: AlonePage): string } }
  vm.runInThisContext(`(function (module, exports) { ${text('.js')}\n})`)(module, module.exports)
  const title = page.kind === 'report' ? `${page.report.title} · ${page.data.project.name}` : page.changes.title
  return shellOf({ title, style: text('.css'), body: module.exports.render(page) })
}
