import { parseTemplate, type Template } from '../jinja/template.ts'
import type { Node } from '../manifest/node.ts'

/** The template of a node, parsed once. */
export function templateOf(node: Node): Template {
  let template = templates.get(node)
  if (!template) {
    template = parseTemplate(node.raw, node.place.file, node.place.line, node.place.column)
    templates.set(node, template)
  }
  return template
}

export const templates = new WeakMap<Node, Template>()
