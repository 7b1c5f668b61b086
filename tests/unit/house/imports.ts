import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import {
  isCallExpression,
  isExportDeclaration,
  isImportDeclaration,
  isImportTypeNode,
  isLiteralTypeNode,
  isStringLiteral,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast'
import { API } from 'typescript/unstable/sync'

/** An import of another file of the repository: of values or types, static or dynamic. */
export interface Import {
  /** Relative to the repository. */
  from: string
  to: string
  /** 1-based, of `from`. */
  line: number
}

/** Every import of the files in the tsconfigs, from the compiler's own syntax trees. */
export function importsOf(root: string, tsconfigs: string[]): { files: string[]; imports: Import[] } {
  const api = new API({ cwd: root })
  try {
    const files = new Set<string>()
    const imports: Import[] = []
    for (const tsconfig of tsconfigs) {
      const project = api.updateSnapshot({ openProject: join(root, tsconfig) }).getProject(join(root, tsconfig))
      for (const file of project!.rootFiles) {
        if (files.has(relative(root, file))) continue
        files.add(relative(root, file))
        const source = project!.program.getSourceFile(file)!
        for (const { text, position } of specifiersIn(source))
          if (text.startsWith('.') && existsSync(join(dirname(file), text)))
            imports.push({
              from: relative(root, file),
              to: relative(root, join(dirname(file), text)),
              line: source.text.slice(0, position).split('\n').length,
            })
      }
    }
    return { files: [...files].sort(), imports }
  } finally {
    api.close()
  }
}

function specifiersIn(source: SourceFile): { text: string; position: number }[] {
  const found: { text: string; position: number }[] = []
  visit(source)
  return found

  function visit(node: Node): void {
    const specifier = specifierOf(node)
    if (specifier && isStringLiteral(specifier)) found.push({ text: specifier.text, position: specifier.end })
    node.forEachChild(visit)
  }
}

function specifierOf(node: Node): Node | undefined {
  if (isImportDeclaration(node) || isExportDeclaration(node)) return node.moduleSpecifier
  if (isCallExpression(node) && node.expression.kind === SyntaxKind.ImportKeyword) return node.arguments[0]
  if (isImportTypeNode(node) && isLiteralTypeNode(node.argument)) return node.argument.literal
  return undefined
}
