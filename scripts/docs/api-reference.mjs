// The reference of the library, made from its one file of types: each public function with what its docstring says, then each type.
import ts from 'typescript';

/** @param types text of index.d.ts */
export function renderApiReference(types) {
  const file = ts.createSourceFile('index.d.ts', types, ts.ScriptTarget.Latest, true);
  const exported = new Set(
    file.statements
      .filter(ts.isExportDeclaration)
      .flatMap(({ exportClause }) => exportClause.elements.map(({ name }) => name.text)),
  );
  const declared = file.statements.filter((node) => exported.has(nameOf(node)));
  const functions = declared.filter(isCallable);
  const others = declared.filter((node) => !isCallable(node));
  return ['## Functions', ...byName(functions).map(entry), '## Types', ...byName(others).map(entry)].join(
    '\n\n',
  );
}

function nameOf(node) {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations[0].name.text;
  return node.name?.text;
}

function isCallable(node) {
  if (ts.isFunctionDeclaration(node)) return true;
  return ts.isVariableStatement(node) && /: typeof /.test(node.getText());
}

function byName(nodes) {
  const once = new Map(nodes.map((node) => [nameOf(node), node]));
  return [...once.values()].sort((a, b) => (nameOf(a).toLowerCase() < nameOf(b).toLowerCase() ? -1 : 1));
}

function entry(node) {
  const target = typeofTarget(node) ?? node;
  const text = target
    .getText()
    .replace(/^(export )?declare /, '')
    .replaceAll(/\b(\w+)\$\d+\b/g, '$1');
  const code = `\`\`\`ts\n${text}\n\`\`\``;
  return [`### ${nameOf(node)}`, docOf(target), code].filter(Boolean).join('\n\n');
}

/** What a constant of the type `typeof x` stands for. */
function typeofTarget(node) {
  const target = /: typeof ([\w$]+);/.exec(node.getText())?.[1];
  if (target === undefined) return undefined;
  return node
    .getSourceFile()
    .statements.find((other) => ts.isFunctionDeclaration(other) && nameOf(other) === target);
}

/** The docstring as text: a paragraph, then a line for each tag. */
function docOf(node) {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  if (!comment) return '';
  const tags = (comment.tags ?? []).map((tag) => {
    const about = ts.getTextOfJSDocComment(tag.comment) ?? '';
    const subject = tag.name ? `\`${tag.name.getText()}\` ` : '';
    return `- **${tag.tagName.text}** ${subject}${about}`.replaceAll(/\s+/g, ' ');
  });
  const text = (ts.getTextOfJSDocComment(comment.comment) ?? '').replaceAll(/\s*\n\s*/g, ' ');
  return [text, tags.join('\n')].filter(Boolean).join('\n\n');
}
