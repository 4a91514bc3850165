/**
 * Makes a CommonJS module of a module: only modules can be cut into pieces, and only CommonJS can be loaded with the code
 * that V8 made of it before. What is imported becomes constants of the piece, so that its use costs what it costs in a
 * module. Bindings that change after the module has run, and circles of pieces, are not what this is for.
 */
import { parse } from 'acorn';
import { simple } from 'acorn-walk';

const nameOf = (node) => (node.type === 'Literal' ? JSON.stringify(node.value) : node.name);

/** `import a,{b as c}from"x"` with the module in a constant of its own, or in none. */
const importText = ({ source, specifiers }, number) => {
  const required = `require(${JSON.stringify(source.value)})`;
  if (specifiers.length === 0) return `${required};`;
  const isOwn = source.value.startsWith('./');
  const named = [];
  const whole = [];
  for (const specifier of specifiers) {
    const local = specifier.local.name;
    if (specifier.type === 'ImportSpecifier') named.push(`${nameOf(specifier.imported)}:${local}`);
    else if (specifier.type === 'ImportDefaultSpecifier' && isOwn) named.push(`default:${local}`);
    // What is not ours is CommonJS: its default is the whole.
    else whole.push(local);
  }
  if (whole.length === 0) return `const{${named.join()}}=${required};`;
  const module = `lanwrightModule${number}`;
  const parts = [`${module}=${required}`, ...whole.map((local) => `${local}=${module}`)];
  if (named.length > 0) parts.push(`{${named.join()}}=${module}`);
  return `const ${parts.join()};`;
};

const exportText = ({ specifiers }) =>
  `module.exports={${specifiers.map(({ local, exported }) => `${nameOf(exported)}:${nameOf(local)}`).join()}};`;

const replacementsIn = (tree) => {
  const found = [];
  tree.body.forEach((node, number) => {
    if (node.type === 'ImportDeclaration') found.push([node, importText(node, number)]);
    else if (node.type === 'ExportNamedDeclaration' && node.declaration === null && node.source === null)
      found.push([node, exportText(node)]);
    else if (node.type.startsWith('Export')) throw new Error(`no way to say ${node.type} in CommonJS`);
  });
  simple(tree, {
    ImportExpression: ({ start }) => found.push([{ start, end: start + 'import'.length }, 'lanwrightImport']),
  });
  return found.toSorted(([a], [b]) => a.start - b.start);
};

/** The names of what it imports by statements, and the text. */
export const toCommonJs = (text) => {
  const tree = parse(text, { ecmaVersion: 2024, sourceType: 'module' });
  const imports = tree.body.flatMap((node) => (node.type === 'ImportDeclaration' ? [node.source.value] : []));
  const parts = ['"use strict";'];
  let at = 0;
  for (const [{ start, end }, replacement] of replacementsIn(tree)) {
    parts.push(text.slice(at, start), replacement);
    at = end;
  }
  return { imports, text: parts.join('') + text.slice(at) };
};
